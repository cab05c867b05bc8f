/** What every transport promises of connections that are shared, lost and made again. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { attend, happens, hear, hostNamed, Lab, run } from "../../support/sshSuite.ts"
import { turns } from "../../support/turns.ts"
import { connect, exec, good, other, program, type Test } from "./common.ts"

export const connections = (test: Test): void => {
  test(
    "a killed connection is lost to programs and sockets; the next use makes a new one",
    Effect.gen(function*() {
      const lab = yield* Lab
      const there = yield* program(good, "echo")
      const channel = yield* connect(good, "echo")
      const says = [hear(there), attend(channel)] as const
      channel.write(Buffer.from("hello"))
      yield* happens("both are there", () => says[0].text() === "ready" && says[1].text() === "hello")
      lab.kill()
      yield* happens("both heard it", () => says.every(({ ends }) => ends.length === 1))
      for (const { ends, saidAll } of says) {
        assert.strictEqual((ends[0] as { readonly _tag?: string })._tag, "ConnectionLost")
        assert.strictEqual(saidAll, 0, "that was no orderly end")
      }
      assert.strictEqual((yield* exec(good, run("say", "again", "", "0"))).stdout.toString(), "again")
    })
  )

  test(
    "a link that falls silent is a lost connection",
    Effect.gen(function*() {
      const lab = yield* Lab
      const channel = yield* connect(hostNamed("linked"), "echo")
      const says = attend(channel)
      channel.write(Buffer.from("hello"))
      yield* happens("it is there", () => says.text() === "hello")
      lab.silence()
      yield* happens("it was noticed", () => says.ends.length === 1)
      assert.strictEqual(says.ends[0]?._tag, "ConnectionLost")
    })
  )

  test(
    "many programs run at once, on two hosts",
    Effect.gen(function*() {
      const results = yield* Effect.forEach(
        Array.from({ length: 24 }, (_, index) => [index % 4 === 0 ? other : good, String(index)] as const),
        ([host, word]) => exec(host, run("say", word, "", "0")),
        { concurrency: "unbounded" }
      )
      assert.deepStrictEqual(results.map(({ stdout }) => stdout.toString()), results.map((_, index) => String(index)))
    })
  )

  test(
    "a closed connection is lost, and made again when needed",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const says = hear(yield* program(good, "echo"))
      yield* happens("it is ready", () => says.text() === "ready")
      yield* ssh.close(good)
      yield* happens("it was told", () => says.ends.length === 1)
      assert.strictEqual((says.ends[0] as { readonly _tag?: string })._tag, "ConnectionLost")
      assert.strictEqual((yield* exec(good, run("say", "again", "", "0"))).stdout.toString(), "again")
      yield* ssh.close(hostNamed("missing"))
    })
  )

  test(
    "an interrupt while connecting does not affect the others' connection",
    Effect.gen(function*() {
      const first = yield* Effect.forkChild(exec(good, run("say", "first", "", "0")))
      const second = yield* Effect.forkChild(exec(good, run("say", "second", "", "0")))
      yield* turns
      yield* Fiber.interrupt(first)
      assert.strictEqual((yield* Fiber.join(second)).stdout.toString(), "second")
    })
  )
}
