import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { RawScrollback } from "../../../src/layers/scrollback/rawScrollback.ts"
import { isQuery } from "../../../src/layers/vt/queries.ts"
import * as Live from "../../../src/layers/vt/QueryResponderLive.ts"
import { QueryResponder, type QueryTarget, type Responder } from "../../../src/services/QueryResponder.ts"
import type { TerminalReport } from "../../../src/services/Scrollback.ts"
import { engine } from "../../support/differential.ts"

const withResponder = (
  use: (responder: Responder, model: RawScrollback, clock: { now: number }) => void | Promise<void>
) =>
  Effect.gen(function*() {
    const model = new RawScrollback({ cols: 80, rows: 24 }, 0)
    const clock = { now: 0 }
    const report = (): TerminalReport => ({ ...model.report(), cursor: { row: 4, column: 9 } })
    const responder = (yield* QueryResponder).make({ report, rows: () => 24, now: () => clock.now })
    yield* Effect.promise(async () => use(responder, model, clock))
  }).pipe(Effect.provide(Live.layer))

const QUERIES: ReadonlyArray<readonly [string, string, string]> = [
  ["DA1", "\x1b[c", "\x1b[?62;22c"],
  ["DA1 with a zero", "\x1b[0c", "\x1b[?62;22c"],
  ["DECID", "\x1bZ", "\x1b[?62;22c"],
  ["DA2", "\x1b[>c", "\x1b[>1;10;0c"],
  ["DA3", "\x1b[=c", "\x1bP!|00000000\x1b\\"],
  ["the version", "\x1b[>q", "\x1bP>|sesh\x1b\\"],
  ["the state", "\x1b[5n", "\x1b[0n"],
  ["the cursor", "\x1b[6n", "\x1b[5;10R"],
  ["the cursor, privately", "\x1b[?6n", "\x1b[?5;10;1R"],
  ["a printer", "\x1b[?15n", "\x1b[?13n"],
  ["dark or light", "\x1b[?996n", "\x1b[?997;1n"],
  ["a mode that is off", "\x1b[?2004$p", "\x1b[?2004;2$y"],
  ["a mode that is on", "\x1b[?7$p", "\x1b[?7;1$y"],
  ["a mode that does not exist", "\x1b[?31337$p", "\x1b[?31337;0$y"],
  ["insert mode", "\x1b[4$p", "\x1b[4;2$y"],
  ["the keyboard", "\x1b[?u", "\x1b[?0u"],
  ["other keys", "\x1b[?4m", "\x1b[>4;0m"],
  ["the size", "\x1b[18t", "\x1b[8;24;80t"],
  ["the title", "\x1b[21t", "\x1b]l\x1b\\"],
  ["the background", "\x1b]11;?\x07", "\x1b]11;rgb:0000/0000/0000\x07"],
  ["the foreground", "\x1b]10;?\x1b\\", "\x1b]10;rgb:d0d0/d0d0/d0d0\x1b\\"],
  ["both", "\x1b]10;?;?\x07", "\x1b]10;rgb:d0d0/d0d0/d0d0\x07\x1b]11;rgb:0000/0000/0000\x07"],
  ["a colour", "\x1b]4;196;?\x07", "\x1b]4;196;rgb:ffff/0000/0000\x07"],
  ["a capability", "\x1bP+q544e\x1b\\", "\x1bP0+r\x1b\\"],
  ["a setting", "\x1bP$qm\x1b\\", "\x1bP0$r\x1b\\"],
  ["parameters", "\x1b[x", "\x1b[2;1;1;128;128;1;0x"]
]

/** Queries that get no reply from the daemon. */
const SILENT = [
  "\x05",
  "\x1b]52;c;?\x07",
  "\x1b_Gi=1,a=q;AAAA\x1b\\",
  "\x1b[14t",
  "\x1b[?1;1;0S",
  "\x1b]1337;ReportCellSize\x07"
]

const bytes = (parts: ReadonlyArray<Buffer>) => Buffer.concat(parts).toString("latin1")
const pass = (responder: Responder, text: string, audience: QueryTarget) =>
  responder.filter([Buffer.from(text, "latin1")], audience)

describe("the program queries its terminal", () => {
  it.effect.each(QUERIES)(
    "for %s: the daemon replies when no client is attached",
    ([, query, reply]) =>
      withResponder((responder) => {
        assert.isTrue(query === "\x05" || isQuery(Buffer.from(query.replace(/\x1b\\$/, ""), "latin1")))
        assert.strictEqual(pass(responder, `a${query}b`, "none").replies.toString("latin1"), reply)
      })
  )

  it.effect("the daemon replies once, wherever the query is cut", () =>
    withResponder((responder) => {
      for (const [, query, reply] of QUERIES) {
        for (let cut = 1; cut < query.length; cut++) {
          const first = pass(responder, query.slice(0, cut), "none").replies.toString("latin1")
          const second = pass(responder, query.slice(cut), "none").replies.toString("latin1")
          assert.strictEqual(first + second, reply, JSON.stringify([query, cut]))
        }
      }
    }))

  it.effect("the primary client gets all, the others as many bytes with every query blanked", () =>
    withResponder(async (responder) => {
      const { make } = await engine
      for (const query of [...QUERIES.map(([, query]) => query), ...SILENT]) {
        for (let cut = 0; cut <= query.length; cut++) {
          const other = make(80, 24, 0)
          const replies: Array<string> = []
          other.terminal.onData((reply) => void replies.push(reply))
          const text = `one ${query} two`
          for (const part of [text.slice(0, 4 + cut), text.slice(4 + cut)]) {
            const chunk = Buffer.from(part, "latin1")
            const { replies: own, forOthers, forPrimary } = responder.filter([chunk], "primary")
            assert.strictEqual(bytes(forPrimary), part)
            assert.strictEqual(bytes(forOthers).length, part.length)
            assert.strictEqual(chunk.toString("latin1"), part)
            assert.strictEqual(own.length, 0)
            for (const part of forOthers) other.core._inputHandler.parse(part)
          }
          const label = JSON.stringify([query, cut])
          assert.deepStrictEqual(replies, [], label)
          assert.strictEqual(other.core.buffers.normal.lines.get(0)!.translateToString(true), "one  two", label)
          other.terminal.dispose()
        }
      }
    }))

  it.effect("output without queries goes to all as it is, without a copy", () =>
    withResponder((responder) => {
      const batch = [
        Buffer.from("text \x1b[31mred\x1b[0m \x1b[2;3H\x1b]0;title\x07\x1b]11;#000000\x07"),
        Buffer.from("\x1b[?1049h\x1b[s\x1b[u")
      ]
      const { replies, forOthers } = responder.filter(batch, "primary")
      assert.strictEqual(forOthers, batch)
      assert.strictEqual(replies.length, 0)
    }))

  it.effect("a row below the session's last is the last for other clients, whose terminals may have more rows", () =>
    withResponder((responder) => {
      for (
        const [written, expected] of [
          ["\x1b[25;1H", "\x1b[24;1H"],
          ["\x1b[9999;30f", "\x1b[0024;30f"],
          ["\x1b[100d", "\x1b[024d"],
          ["\x1b[99H\x1b[5n", "\x1b[24H\0\0\0\0"],
          ["\x1b[24;999H", "\x1b[24;999H"],
          ["\x1b[;99H\x1b[H\x1b[?25h\x1b[99m", "\x1b[;99H\x1b[H\x1b[?25h\x1b[99m"]
        ] as const
      ) {
        const { forOthers, forPrimary } = pass(responder, `a${written}b`, "primary")
        assert.strictEqual(JSON.stringify(bytes(forOthers)), JSON.stringify(`a${expected}b`))
        assert.strictEqual(bytes(forPrimary), `a${written}b`)
      }
    }))

  it.effect("when the primary client leaves, the daemon replies to pending queries", () =>
    withResponder((responder, _, clock) => {
      pass(responder, "\x1b[c\x1b[6n\x1b]11;?\x07", "primary")
      responder.typed(Buffer.from("\x1b[?1;2"))
      responder.typed(Buffer.from("c"))
      assert.strictEqual(responder.pendingReplies().toString(), "\x1b[5;10R")
      assert.strictEqual(responder.pendingReplies().toString(), "")
      pass(responder, "\x1b[6n", "primary")
      clock.now += 10_000
      assert.strictEqual(responder.pendingReplies().toString(), "", "long ago")
    }))

  it.effect("a query that the terminal has skipped is not pending, nor one that not all terminals reply to", () =>
    withResponder((responder) => {
      pass(responder, "\x1b[6n\x1b[?2026$p\x1b[>q\x1b[c", "primary")
      responder.typed(Buffer.from("\x1b[?1;2c"))
      assert.strictEqual(responder.pendingReplies().toString(), "")
      pass(responder, "\x1b]10;?\x07\x1b]11;?\x07\x1b[?4m\x1b[?12$p\x1b[>q", "primary")
      assert.strictEqual(responder.pendingReplies().toString(), "")
    }))

  it.effect("a terminal's replies about itself are remembered", () =>
    withResponder((responder) => {
      pass(responder, "\x1b[c\x1b]11;?\x1b\\\x1b[6n", "primary")
      responder.typed(Buffer.from("\x1b[?64;1c\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[1;1R"))
      assert.strictEqual(
        pass(responder, "\x1b[c\x1b]11;?\x1b\\\x1b[6n", "none").replies.toString(),
        "\x1b[?64;1c\x1b]11;rgb:ffff/ffff/ffff\x1b\\\x1b[5;10R"
      )
    }))

  it.effect("the replies have modes and colours as the program has set them", () =>
    withResponder((responder, model) => {
      model.append(Buffer.from("\x1b[?2004h\x1b[>5u\x1b]11;#102030\x07\x1b[>4;2m\x1b[4h"))
      const { replies } = pass(responder, "\x1b[?2004$p\x1b[?u\x1b]11;?\x07\x1b[?4m\x1b[4$p", "none")
      assert.strictEqual(replies.toString(), "\x1b[?2004;1$y\x1b[?5u\x1b]11;rgb:1010/2020/3030\x07\x1b[>4;2m\x1b[4;1$y")
    }))
})

describe("queries in bulk", () => {
  const indexes = Array.from({ length: 50_000 }, (_, index) => `${index % 256};?`).join(";")

  it.effect.each(
    [["colours in one sequence", `\x1b]4;${indexes}\x07`], ["colours", "\x1b]4;1;?\x07".repeat(50_000)]].concat(
      QUERIES.map(([name, query]) => [name, query.repeat(50_000)])
    )
  )("get replies up to a limit: %s", ([, queries]) =>
    withResponder((responder) => {
      const { replies } = responder.filter([Buffer.from(queries!)], "none")
      assert.isAbove(replies.length, 1000)
      assert.isBelow(replies.length, 64 * 1024)
      // What comes next is replied to again.
      assert.include(responder.filter([Buffer.from("\x1b[5n")], "none").replies.toString(), "\x1b[0n")
    }))

  it.effect("all colours of a terminal, asked one by one, get theirs", () =>
    withResponder((responder) => {
      const queries = Array.from({ length: 256 }, (_, index) => `\x1b]4;${index};?\x1b\\`).join("")
      const { replies } = responder.filter([Buffer.from(queries)], "none")
      assert.strictEqual(replies.toString().split("\x1b]4;").length, 257)
    }))
})
