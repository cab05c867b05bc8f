/** What every transport promises of programs. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Scope from "effect/Scope"
import { exitCode, type ExitStatus } from "../../../src/schema/Session.ts"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { HOSTILE } from "../../support/hostile.ts"
import { happens, hear, LARGE, run, sha256 } from "../../support/sshSuite.ts"
import { exec, flood, FLOOD_SHA, good, program, type Test } from "./common.ts"

export const programs = (test: Test): void => {
  test(
    "arguments arrive exactly as they are",
    Effect.gen(function*() {
      const { status, stdout } = yield* exec(good, run("args", ...HOSTILE))
      assert.deepStrictEqual(stdout.toString().split("\0"), [...HOSTILE, ""])
      assert.deepStrictEqual(status, { code: 0 })
    })
  )

  test(
    "an invalid argument is refused before anything is sent",
    Effect.gen(function*() {
      for (const argv of [[], [""], ["-x"], ["sh", "a\0b"], ["sh", "\ud800"], ["sh", "x".repeat(200_000)]]) {
        assert.strictEqual((yield* Effect.flip(exec(good, argv)))._tag, "BadArgument")
      }
      const ssh = yield* SshTransport
      for (const path of ["", "relative", "/a\0b", `/${"x".repeat(200)}`]) {
        assert.strictEqual((yield* Effect.flip(ssh.connectSocket(good, path)))._tag, "BadArgument")
      }
    })
  )

  test(
    "a program's two outputs arrive separately, with its status",
    Effect.gen(function*() {
      for (const code of [0, 3, 255]) {
        const { status, stderr, stdout } = yield* exec(good, run("say", "out", "err\u001b", String(code)))
        assert.deepStrictEqual([stdout.toString(), stderr.toString(), status], ["out", "err\u001b", { code }])
      }
    })
  )

  test(
    "a killed program has the status of its signal",
    Effect.gen(function*() {
      assert.strictEqual(exitCode((yield* exec(good, run("die", "KILL"))).status), 137)
      const { status, stderr } = yield* exec(good, run("die", "TERM"))
      assert.deepStrictEqual([exitCode(status), stderr.toString()], [143, ""])
      const says = hear(yield* program(good, "die", "KILL"))
      yield* happens("it ended", () => says.ends.length === 1)
      assert.strictEqual(exitCode(says.ends[0] as ExitStatus), 137)
    })
  )

  test(
    "a missing program has status 127, as in a shell",
    Effect.gen(function*() {
      const { status, stderr } = yield* exec(good, ["no-such-program-at-all"])
      assert.strictEqual(status.code, 127)
      assert.include(stderr.toString(), "not found")
    })
  )

  test(
    "a program reads its input to the end",
    Effect.gen(function*() {
      const stdin = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
      assert.strictEqual((yield* exec(good, run("sum"), stdin)).stdout.toString(), `${sha256(stdin)}\n`)
      assert.strictEqual((yield* exec(good, run("sum"))).stdout.toString(), `${sha256()}\n`)
    })
  )

  test(
    "output beyond the limit is an error, and not kept in memory",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const error = yield* Effect.flip(ssh.exec(good, run("pour", String(LARGE)), { limit: 100_000 }))
      assert.strictEqual(error._tag, "OutputTooLarge")
    })
  )

  test(
    "a running program answers its input",
    Effect.gen(function*() {
      const there = yield* program(good, "echo")
      const says = hear(there)
      yield* happens("it is ready", () => says.text() === "ready")
      there.write(Buffer.from("one"))
      yield* happens("it answered", () => says.text() === "readyone")
      there.write(Buffer.from("two"))
      there.end()
      yield* happens("it ended", () => says.ends.length === 1)
      assert.strictEqual(says.text(), "readyonetwo")
      assert.deepStrictEqual(says.ends, [{ code: 0 }])
    })
  )

  test(
    "the input of a program that was started without one has ended",
    Effect.gen(function*() {
      const { start } = yield* SshTransport
      const says = hear(yield* start(good, run("echo"), { input: "none" }))
      yield* happens("it ended", () => says.ends.length === 1)
      assert.deepStrictEqual([says.text(), says.ends], ["ready", [{ code: 0 }]])
    })
  )

  test(
    "a late listener misses nothing",
    Effect.gen(function*() {
      const there = yield* program(good, "say", "out", "err", "0")
      // Its output arrived before the end of a program that began later.
      yield* exec(good, run("say", "later", "", "0"))
      const says = hear(there)
      assert.strictEqual(says.text(), "", "nothing comes before listen returns")
      yield* happens("it ended", () => says.ends.length === 1)
      assert.deepStrictEqual([says.text(), says.stderr], ["out", "err"])
    })
  )

  test(
    "a flood goes through a program in both directions, byte for byte, whether the reader pauses or not",
    Effect.gen(function*() {
      const out = yield* program(good, "pour", String(LARGE))
      const says = hear(out)
      yield* happens("it flows", () => says.bytes() > 0)
      out.pause()
      const at = says.bytes()
      yield* exec(good, run("say", "meanwhile", "", "0"))
      assert.strictEqual(says.bytes(), at, "nothing comes while paused")
      out.resume()
      yield* happens("it ended", () => says.ends.length === 1)
      assert.deepStrictEqual([says.bytes(), says.hash(), says.ends], [LARGE, FLOOD_SHA, [{ code: 0 }]])

      const into = yield* program(good, "sum")
      const answer = hear(into)
      yield* flood(into, () => answer.drained)
      yield* happens("it ended", () => answer.ends.length === 1)
      assert.strictEqual(answer.text(), `${FLOOD_SHA}\n`)
      assert.isAbove(answer.drained, 0, "the writer was held back")
    })
  )

  test(
    "the end of the scope silences a program",
    Effect.gen(function*() {
      const scope = yield* Scope.make()
      const there = yield* Scope.provide(program(good, "echo"), scope)
      const says = hear(there)
      yield* happens("it is ready", () => says.text() === "ready")
      yield* Scope.close(scope, yield* Effect.exit(Effect.void))
      there.write(Buffer.from("one"))
      yield* exec(good, run("say", "", "", "0"))
      assert.deepStrictEqual([says.text(), says.ends], ["ready", []])
    })
  )
}
