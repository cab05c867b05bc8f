import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

describe("a program that asks its terminal", () => {
  const ASK = "\x1b[c"
  const OURS = "\x1b[?62;22c"

  it.effect("is answered by the session when nobody is there", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print(`before${ASK}after`)
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
        const client = yield* joined(dev, "attach")
        assert.notInclude(client.restored, ASK)
      })
    ))

  it.effect("is asked on by the terminal that leads, and by no other", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const other = yield* joined(dev, "attach")
        const watcher = yield* joined(dev, "watch")
        const leader = yield* joined(dev, "attach")
        pty.last().print(`a${ASK}b`)
        yield* eventually("output", () => [other, watcher, leader].every(({ output }) => output.endsWith("b")))
        assert.strictEqual(leader.output, `a${ASK}b`)
        for (const { output } of [other, watcher]) {
          assert.notInclude(output, ASK)
          assert.strictEqual(output.length, leader.output.length, "offsets hold")
        }
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("is answered by the session when the terminal leaves without an answer", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        pty.last().print(ASK)
        yield* eventually("the question", () => client.output.includes(ASK))
        client.connection.destroy()
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
      })
    ))

  it.effect("before its creator has attached is answered by the creator's terminal alone", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        pty.last().print(ASK)
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("the question", () => client.output === ASK)
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("is not asked again by who resumes: it was answered meanwhile", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        pty.last().print(`a${ASK}b`)
        yield* eventually("an answer", () => pty.last().typed.toString() === OURS)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("output", () => client.output.length === ASK.length + 2)
        assert.notInclude(client.output, ASK)
      })
    ))
})

describe("a program that asks and does not read", () => {
  it.effect("is not answered for ever", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const program = pty.last()
        program.stall(true)
        for (let i = 0; i < 100; i++) program.print("\x1b[c".repeat(10_000))
        yield* eventually("all of it", () => program.unread === 0)
        yield* settle
        program.stall(false)
        yield* settle
        assert.isAtMost(program.typed.length, 1_000_000)
      })
    ))
})
