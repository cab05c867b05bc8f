import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { RawScrollback } from "../../src/layers/scrollback/rawScrollback.ts"
import { QueryResponder, type Responder } from "../../src/services/QueryResponder.ts"

const SIZE = { cols: 80, rows: 24 }

/** Queries that every terminal replies to. */
const DA1 = "\x1b[c"
const STATE = "\x1b[5n"
const CURSOR = "\x1b[6n"

/** A terminal's reply to the question for its background, which is not the daemon's own. */
const BACKGROUND = "\x1b]11;?\x07"
const BACKGROUND_REPLY = "\x1b]11;rgb:1234/5678/9abc\x07"

const text = (parts: ReadonlyArray<Buffer>) => Buffer.concat(parts).toString("latin1")

const buffers = (...parts: ReadonlyArray<string>) => parts.map((part) => Buffer.from(part, "latin1"))

/** What every QueryResponder promises. */
export const suite = (name: string, layer: Layer.Layer<QueryResponder>): void => {
  /** `make` gives the responder of another session, which knows nothing of the first. */
  const test = (title: string, use: (responder: Responder, make: () => Responder) => void) =>
    it.effect(title, () =>
      Effect.gen(function*() {
        const responders = yield* QueryResponder
        const make = () =>
          responders.make({
            report: () => new RawScrollback(SIZE, 0).report(),
            rows: () => SIZE.rows,
            now: () => 0
          })
        use(make(), make)
      }).pipe(Effect.provide(layer)))

  /** The daemon's replies to output that nobody is there to reply to. */
  const repliesOf = (responder: Responder, ...parts: ReadonlyArray<string>) =>
    responder.filter(buffers(...parts), "none").replies.toString("latin1")

  describe(`QueryResponder: ${name}`, () => {
    test("text is for all, as it came, and nobody replies to it", (responder) => {
      for (const target of ["primary", "none"] as const) {
        const { forOthers, forPrimary, replies } = responder.filter(buffers("one\r\n", "\x1b[1mtwo\x1b[m"), target)
        assert.strictEqual(text(forPrimary), "one\r\n\x1b[1mtwo\x1b[m")
        assert.strictEqual(text(forOthers), "one\r\n\x1b[1mtwo\x1b[m")
        assert.strictEqual(replies.length, 0)
      }
    })

    test("the primary client gets queries as they came, and the daemon does not reply", (responder) => {
      const { forPrimary, replies } = responder.filter(buffers("a", DA1, CURSOR), "primary")
      assert.strictEqual(text(forPrimary), `a${DA1}${CURSOR}`)
      assert.strictEqual(replies.length, 0)
    })

    test("while no client is primary the daemon replies to each, once, in order", (responder, make) => {
      const each = [DA1, STATE, CURSOR].map((query) => repliesOf(make(), query))
      for (const reply of each) assert.notStrictEqual(reply, "")
      assert.strictEqual(repliesOf(responder, `a${DA1}b`, STATE, CURSOR), each.join(""))
      assert.strictEqual(repliesOf(responder, "c"), "")
    })

    test("a query that comes in pieces gets the reply that it would get as a whole", (responder, make) => {
      const whole = repliesOf(make(), CURSOR)
      const pieces = [...CURSOR].map((byte) => repliesOf(responder, byte))
      assert.deepStrictEqual(pieces, [...pieces.slice(1).map(() => ""), whole])
    })

    test("what others get is as long, and no terminal replies to it, however the output is cut", (_, make) => {
      const output = ["a", DA1, BACKGROUND, "\r\n", "\x1b[31m", CURSOR, STATE, "\x05", BACKGROUND, "b", DA1, "\x1b"]
        .join("")
      for (const target of ["primary", "none"] as const) {
        for (let size = 1; size <= output.length; size++) {
          const chunks = Array.from(
            { length: Math.ceil(output.length / size) },
            (_, n) => output.slice(n * size, (n + 1) * size)
          )
          const responder = make()
          const others = chunks.map((chunk) => text(responder.filter(buffers(chunk), target).forOthers))
          assert.deepStrictEqual(others.map(({ length }) => length), chunks.map(({ length }) => length))
          assert.strictEqual(repliesOf(make(), ...others), "", `in pieces of ${size}`)
        }
      }
    })

    test("a row below the session's last is written as the last for others", (responder) => {
      const { forOthers, forPrimary } = responder.filter(buffers("\x1b[30;1Hx\x1b[7;1Hy"), "primary")
      assert.strictEqual(text(forPrimary), "\x1b[30;1Hx\x1b[7;1Hy")
      assert.strictEqual(text(forOthers), "\x1b[24;1Hx\x1b[7;1Hy")
    })

    test("the buffers are not written to", (responder) => {
      const batch = buffers(`a${DA1}b`, CURSOR, "\x1b[30;1H")
      const copies = batch.map((bytes) => Buffer.from(bytes))
      responder.filter(batch, "primary")
      responder.filter(batch, "none")
      assert.deepStrictEqual(batch, copies)
    })

    test("a primary client that goes leaves its pending queries to the daemon, once", (responder, make) => {
      responder.filter(buffers(DA1, STATE), "primary")
      const replies = repliesOf(make(), DA1, STATE)
      assert.strictEqual(responder.pendingReplies().toString("latin1"), replies)
      assert.strictEqual(responder.pendingReplies().length, 0)
    })

    test("what the primary client has replied to is not pending", (responder, make) => {
      responder.filter(buffers(DA1, STATE), "primary")
      responder.typed(Buffer.from("\x1b[?1;2c"))
      assert.strictEqual(responder.pendingReplies().toString("latin1"), repliesOf(make(), STATE))
    })

    test("a reply of the primary client is remembered, and given when no client is there", (responder) => {
      responder.filter(buffers(BACKGROUND), "primary")
      responder.typed(Buffer.from(BACKGROUND_REPLY))
      assert.strictEqual(repliesOf(responder, BACKGROUND), BACKGROUND_REPLY)
    })
  })
}
