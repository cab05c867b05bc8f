import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
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

/** `resize` of xterm, and everybody's: to the last row and column, and where is that? */
const RESIZE_IDIOM = "\x1b7\x1b[r\x1b[999;999H\x1b[6n\x1b8"

describe("a reply of the daemon", () => {
  it.effect("is that of the place of the query in the output, however the output is cut", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const program = pty.last()
          const said = (text: string) => Effect.asVoid(eventually("a reply", () => program.typed.toString() === text))
          program.print(`$ ${RESIZE_IDIOM}more\r\n\x1b[3;4H`)
          yield* said("\x1b[24;80R")
          for (const byte of RESIZE_IDIOM) program.print(byte)
          yield* said("\x1b[24;80R".repeat(2))
          program.print("\x1b[H\x1b[999C\x1b[999B\x1b[6n\x1b[2J\x1b[Habc\r\nde\x1b[6n\x1b[?6n")
          yield* said(`${"\x1b[24;80R".repeat(3)}\x1b[2;3R\x1b[?2;3;1R`)
        }),
      undefined,
      "ring"
    ))

  it.effect("tells modes and keyboards as they were at the query", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          pty.last().print("\x1b[?25l\x1b[?25$p\x1b[?25h\x1b[?25$p\x1b[>5u\x1b[?u\x1b[<u\x1b[?u")
          const replies = "\x1b[?25;2$y\x1b[?25;1$y\x1b[?5u\x1b[?0u"
          yield* eventually("the replies", () => pty.last().typed.toString() === replies)
        }),
      undefined,
      "ring"
    ))

  it.effect.each([2027, 2031, 2048])(
    "claims no mode that the next terminal may not have: %d",
    (mode) =>
      hosting((pty) =>
        Effect.gen(function*() {
          yield* start()
          pty.last().print(`\x1b[?${mode}$p\x1b[?${mode}h\x1b[?${mode}$p`)
          const reply = `\x1b[?${mode};0$y`
          yield* eventually("the replies", () => pty.last().typed.toString() === reply + reply)
        })
      )
  )
})

describe("in-band sizes", () => {
  it.effect("are not claimed while a terminal is there, and no terminal is told to send them", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const [other, primary] = [yield* joined(dev, "attach"), yield* joined(dev, "attach")]
          pty.last().print("a\x1b[?2048$p\x1b[?2048h\x1b[?1004;2048hb\x1b[?2048l\x1b[?12048h.")
          yield* eventually("output", () => primary.output.endsWith(".") && other.output.endsWith("."))
          for (const { output } of [other, primary]) {
            assert.strictEqual(output.replaceAll("\0", ""), "a\x1b[?0000h\x1b[?1004;0000hb\x1b[?0000l\x1b[?12048h.")
          }
          assert.strictEqual(pty.last().typed.toString(), "\x1b[?2048;0$y")
          const late = yield* joined(dev, "attach")
          assert.notInclude(late.restored, "2048h\x1b")
        }),
      undefined,
      "ring"
    ))

  it.effect("are not asked of the creator either, which gets the output from before", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        pty.last().print("\x1b[?2048$p\x1b[?2048h\x1b[c.")
        yield* settle
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("output", () => client.output.endsWith("."))
        assert.strictEqual(client.output.replaceAll("\0", ""), "\x1b[?0000h\x1b[c.")
        assert.strictEqual(pty.last().typed.toString(), "\x1b[?2048;0$y")
      })
    ))
})

describe("a client that cannot reply", () => {
  const QUERY = "\x1b[c\x1b]11;?\x07"
  const REPLY = "\x1b[?62;22c\x1b]11;rgb:0000/0000/0000\x07"
  const REAL = "\x1b[?62;4;22c\x1b]11;rgb:1111/2222/3333\x07"

  it.effect("as it is no terminal: the daemon does at once, and the client is not asked", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const client = yield* joined(dev, "attach", { answers: false })
        pty.last().print(`${QUERY}.`)
        yield* eventually("the replies", () => pty.last().typed.toString() === REPLY)
        yield* eventually("output", () => client.output.endsWith("."))
        assert.strictEqual(client.output.replaceAll("\0", ""), ".")
      })
    ))

  it.effect("though it created the session: the daemon does once it has come", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ awaited: true })
        pty.last().print(QUERY)
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        yield* joined(dev, "attach", { answers: false, resume: { session: info.id, output: 0, input: 0 } })
        yield* eventually("the replies", () => pty.last().typed.toString() === REPLY)
      })
    ))

  it.effect("in time: the daemon does, at once the next time, and no reply comes twice", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const program = pty.last()
        const client = yield* joined(dev, "attach", { answers: true })
        program.print(QUERY)
        yield* eventually("the query", () => client.output === QUERY)
        yield* TestClock.adjust("500 millis")
        yield* eventually("the replies", () => program.typed.toString() === REPLY)
        program.print(QUERY)
        yield* eventually("more replies", () => program.typed.toString() === REPLY + REPLY)
        yield* eventually("the second query", () => client.output === QUERY + QUERY)
        // It goes on, and its terminal replies to both: cut anywhere, with typing around it.
        const late = [REAL.slice(0, 5), REAL.slice(5, 15), REAL.slice(15)]
        for (const piece of ["l", ...late, "s", ...late, "!"]) client.type(piece)
        yield* eventually("typing", () => program.typed.toString() === `${REPLY}${REPLY}ls!`)
        // Now it replies itself, and what it said is remembered.
        program.print(QUERY)
        yield* eventually("the third query", () => client.output === QUERY + QUERY + QUERY)
        client.type(REAL)
        yield* eventually("its reply", () => program.typed.toString() === `${REPLY}${REPLY}ls!${REAL}`)
        client.connection.destroy()
        yield* eventually("that it is gone", () => client.closed)
        program.print(QUERY)
        yield* eventually("what it said", () => program.typed.toString() === `${REPLY}${REPLY}ls!${REAL}${REAL}`)
      })
    ))

  it.effect("and is stopped: a ping without a reply tells it, where a terminal may ignore the query", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const program = pty.last()
        const client = yield* joined(dev, "attach", { answers: true })
        const ask = "\x1b]11;?\x07"
        program.print(ask)
        yield* eventually("the query", () => client.output === ask)
        yield* TestClock.adjust("500 millis")
        yield* eventually("a ping", () => client.of(FrameType.ping).length === 1)
        client.connection.send(FrameType.pong, Buffer.alloc(0))
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* settle
        assert.strictEqual(program.typed.length, 0, "its terminal does not know the query, as without sesh")
        program.print(ask)
        yield* eventually("the query", () => client.output === ask + ask)
        yield* TestClock.adjust("500 millis")
        yield* eventually("a ping", () => client.of(FrameType.ping).length === 2)
        yield* TestClock.adjust("500 millis")
        yield* eventually("a reply", () => program.typed.toString() === "\x1b]11;rgb:0000/0000/0000\x07")
      })
    ))
})

describe("reports", () => {
  it.effect.each<readonly [string, string]>([
    ["focus", "\x1b[O"],
    ["the theme", "\x1b[?997;1n"],
    ["the mouse that moves", "\x1b[<35;10;5M"],
    ["a size", "\x1b[48;24;80;480;640t"],
    ["a late answer", "\x1b[?62;4;22c"]
  ])("give a client no lead, and come to the program: %s", ([, report]) =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        const program = pty.last()
        const small = yield* joined(dev, "attach", { size: { cols: 80, rows: 24 } })
        const large = yield* joined(dev, "attach", { size: { cols: 120, rows: 40 } })
        large.type("x")
        yield* eventually("typing", () => program.typed.toString() === "x")
        small.type(report)
        yield* eventually("the report", () => program.typed.toString() === `x${report}`)
        assert.deepStrictEqual(program.sizes.at(-1), { cols: 120, rows: 40 })
        small.type("\x1b[<0;10;5M")
        yield* eventually("a click leads", () => program.sizes.at(-1)?.cols === 80)
      })
    ))
})
