import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

describe("a program that queries its terminal", () => {
  const QUERY = "\x1b[c"
  /** The daemon's. */
  const REPLY = "\x1b[?62;22c"

  it.effect("gets the reply from the session when no client is attached", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().print(`before${QUERY}after`)
        yield* eventually("a reply", () => pty.last().typed.toString() === REPLY)
        const client = yield* joined(dev, "attach")
        assert.notInclude(client.restored, QUERY)
      })
    ))

  it.effect("reaches the primary client's terminal, and no other", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const other = yield* joined(dev, "attach")
        const watcher = yield* joined(dev, "watch")
        const primary = yield* joined(dev, "attach")
        pty.last().print(`a${QUERY}b`)
        yield* eventually("output", () => [other, watcher, primary].every(({ output }) => output.endsWith("b")))
        assert.strictEqual(primary.output, `a${QUERY}b`)
        for (const { output } of [other, watcher]) {
          assert.notInclude(output, QUERY)
          assert.strictEqual(output.length, primary.output.length, "offsets hold")
        }
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("gets the reply from the session when the terminal leaves without one", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach")
        pty.last().print(QUERY)
        yield* eventually("the query", () => client.output.includes(QUERY))
        client.connection.destroy()
        yield* eventually("a reply", () => pty.last().typed.toString() === REPLY)
      })
    ))

  it.effect("before its creator has attached gets the reply from the creator's terminal alone", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        pty.last().print(QUERY)
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("the query", () => client.output === QUERY)
        assert.strictEqual(pty.last().typed.length, 0)
      })
    ))

  it.effect("does not query a client that resumes: the reply was given meanwhile", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        pty.last().print(`a${QUERY}b`)
        yield* eventually("a reply", () => pty.last().typed.toString() === REPLY)
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("output", () => client.output.length === QUERY.length + 2)
        assert.notInclude(client.output, QUERY)
      })
    ))
})

describe("a program that queries and does not read", () => {
  it.effect("does not get replies for ever", () =>
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
