import { assert, describe, it } from "@effect/vitest"
import { Backlog } from "../../../src/layers/scrollback/backlog.ts"
import { ByteRing } from "../../../src/layers/scrollback/byteRing.ts"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import type { Size } from "../../../src/schema/Session.ts"
import { engine, recordings } from "../../support/differential.ts"
import { type TerminalState, terminalState } from "../../support/terminalState.ts"
import { random, torture } from "../../support/torture.ts"

const HISTORY = 20
const SIZE = { cols: 30, rows: 6 }

/** Common in floods. */
const COMMON = [
  ...["word ", "日本", "é", "x".repeat(50), "x".repeat(70), "\t", "\b\b", "\r", "\x07", "👍🏽", "e\u0301", "\u00e9"],
  ...["\x1b[31m", "\x1b[0m", "\x1b[m", "\x1b[1;44m", "\x1b[38;5;9m", "\x1b[48;2;1;2;3m", "\x1b[39m", "\x1b[4:3m"],
  ...["\x1b[58:5:9m", "\x1b[22;7m", "\x1b[27m", "\x1b[K", "\x1b[1K"]
]

/** Text of many rows, which are easily miscounted. */
const LONG = ["x".repeat(50), "x".repeat(70), "x".repeat(90), "é"]

/** Output that cannot be skipped. */
const SPECIAL = [
  ...["\x1b[H", "\x1b[2J", "\x1b]0;t\x07", "\x1b[?1049h", "\x1b[?1049l", "\x1b[3;5r", "\x1b[r", "\x1b(0", "\x1b(B"],
  ...["\x0e", "\x0f", "\x1b[4h", "\x1b[4l", "\x1b7", "\x1b8", "\x1bM", "\u009b2J", "\u0085", "\x1b]8;;http://x\x07"],
  ...[
    "\x1b]8;;\x07",
    "\x1b[?7l",
    "\x1b[?7h",
    "\x1b[?45h",
    "\x1b[1\x18",
    "\x1bc",
    "\x0b",
    `\x1bPq${"\r\n".repeat(400)}\x1b\\`
  ]
]

/** A flood with special sequences here and there: one of two, or of all. */
const flood = (seed: number): Buffer => {
  const next = random(seed)
  const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
  const common = pick([COMMON, COMMON, LONG])
  const special = pick([SPECIAL, [SPECIAL[seed % SPECIAL.length]!, pick(SPECIAL)]])
  const rare = pick([0, 0.002, 0.02])
  const parts: Array<string> = []
  for (let line = 0; line < 1500; line++) {
    for (let words = Math.floor(next() * 5); words > 0; words--) parts.push(pick(next() < rare ? special : common))
    parts.push(pick(["\r\n", "\r\n", "\r\n", "\n"]))
  }
  return Buffer.from(parts.join(""))
}

const state = (terminal: XtermTerminal): TerminalState =>
  terminalState((terminal as unknown as { readonly instance: Parameters<typeof terminalState>[0] }).instance, HISTORY)

/** Counts the bytes that it parses. */
class Counted extends XtermTerminal {
  written = 0

  override write(bytes: Buffer): void {
    this.written += bytes.length
    super.write(bytes)
  }
}

/** A model and its backlog. `backlog.makeRoom` skips what it can, `backlog.parse` here nothing. */
const behind = (terminal: Counted, size: Size, history: number) => {
  const ring = new ByteRing(1024 * 1024)
  const backlog = new Backlog({ ring, size, history, markBytes: 1 })
  return {
    backlog,
    append: (bytes: Buffer) => {
      ring.append(bytes)
      backlog.count(terminal)
    }
  }
}

/** Feeds a stream in pieces, and tries to skip after each of them. Resizes the window here and there. */
const feed = (terminals: { readonly plain: Counted; readonly skipping: Counted }, bytes: Buffer, seed: number) => {
  const next = random(seed)
  const { plain, skipping } = terminals
  const { append, backlog } = behind(skipping, SIZE, HISTORY)
  const resizes = Array.from({ length: 8 }, () => next() * bytes.length).toSorted((a, b) => a - b)
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + 1 + Math.floor(next() * (next() < 0.3 ? 40 : 6000)))
    append(piece)
    plain.write(piece)
    at += piece.length
    if (resizes.length > 0 && resizes[0]! <= at) {
      resizes.shift()
      const size = { cols: SIZE.cols + Math.floor(next() * 20) - 10, rows: SIZE.rows + Math.floor(next() * 8) - 3 }
      backlog.resize(size)
      plain.resize(size)
    }
    const choice = next()
    if (choice < 0.8) backlog.makeRoom(skipping, Math.floor(next() * 4000))
    else backlog.parse(skipping, () => next() < 0.5)
    // Checked often: later lines would hide a fault.
    if (choice > 0.4) continue
    backlog.parse(skipping, () => false)
    assert.deepStrictEqual(state(skipping), state(plain), `stream ${seed}, at ${at} of ${bytes.length}`)
  }
}

describe("skipping what scrolls away", () => {
  it("leaves the model as parsing everything does", async () => {
    const loaded = await engine
    let skipped = 0
    let total = 0
    const streams = [
      ...Array.from({ length: 100 }, (_, seed) => flood(seed)),
      ...Array.from({ length: 10 }, (_, seed) => torture(seed, 8000, SIZE.cols, SIZE.rows)),
      // Recordings, each begun at a random byte.
      ...recordings().flatMap(({ bytes }, index) => {
        const cut = Math.floor(random(index)() * bytes.length)
        return [Buffer.concat([bytes.subarray(cut), bytes.subarray(0, cut)])]
      })
    ]
    for (const [seed, bytes] of streams.entries()) {
      const plain = new Counted(loaded, SIZE, HISTORY)
      const skipping = new Counted(loaded, SIZE, HISTORY)
      feed({ plain, skipping }, bytes, seed)
      skipped += bytes.length - skipping.written
      total += bytes.length
      plain.dispose()
      skipping.dispose()
    }
    // Without skipping this test would prove nothing.
    assert.isAbove(skipped / total, 0.1)
  })

  /** Bytes of a text that are parsed when there is no room for any of it. */
  const parsed = async (text: string, before = "", after: Partial<Size> = {}) => {
    const size = { cols: 80, rows: 24 }
    const terminal = new Counted(await engine, size, 1000)
    const { append, backlog } = behind(terminal, size, 1000)
    append(Buffer.from(before))
    backlog.parse(terminal, () => false)
    const begun = terminal.written
    backlog.resize({ ...size, ...after })
    append(Buffer.from(text))
    backlog.makeRoom(terminal, 0)
    terminal.dispose()
    return terminal.written - begun
  }

  it("parses what may still be seen", async () => {
    assert.isAtLeast(await parsed("line\r\n".repeat(5000)), 6 * (1000 + 24))
    assert.isBelow(await parsed("line\r\n".repeat(5000)), 6 * 1200)
    assert.strictEqual(await parsed("line\r\n".repeat(1000)), 6 * 1000)
  })

  const long = `${"x".repeat(800)}\r\n`.repeat(500)

  it("counts a long line for the rows that it fills", async () => {
    assert.isBelow(await parsed(long), 802 * 150)
    assert.isBelow(await parsed(long.repeat(2), "", { cols: 400 }), 802 * 600)
  })

  it("counts the rows of the model, which has two columns at least", async () => {
    assert.isAtLeast(await parsed("xxxx\r\n".repeat(5000), "", { cols: 1 }), 6 * (1000 + 24) / 2)
  })

  it("counts a long line once where it does not wrap", async () => {
    assert.strictEqual(await parsed(long, "", { cols: 800 }), long.length)
    assert.strictEqual(await parsed(long, long, { cols: 800 }), long.length)
    assert.strictEqual(await parsed(long, "\x1b[?7l"), long.length)
    assert.strictEqual(await parsed(`begin\r\n\u009b?7l${long}`), Buffer.byteLength(`begin\r\n\u009b?7l${long}`))
  })

  it("goes on from what the ring holds when there was no model for too long", async () => {
    const terminal = new Counted(await engine, SIZE, HISTORY)
    const ring = new ByteRing(64 * 1024)
    const backlog = new Backlog({ ring, size: SIZE, history: HISTORY })
    // A sequence that ends the counting at once, then more plain lines than the ring holds.
    for (const text of ["\x1b[H", ...Array.from({ length: 5000 }, (_, line) => `a line with number ${line}\r\n`)]) {
      ring.append(Buffer.from(text))
      backlog.count(undefined)
      backlog.makeRoom(undefined, 32 * 1024)
    }
    assert.isTrue(backlog.hasGap)
    backlog.resumeAfterGap(Buffer.alloc(0))
    backlog.parse(terminal, () => false)
    assert.strictEqual(terminal.lines().at(-1), "a line with number 4999")
    terminal.dispose()
  })

  it("counts a second flood, after more quiet output than the ring holds", async () => {
    const size = { cols: 80, rows: 24 }
    const terminal = new Counted(await engine, size, 1000)
    const { append, backlog } = behind(terminal, size, 1000)
    const lines = Buffer.from("a line of a flood\r\n".repeat(5000))
    append(lines)
    backlog.makeRoom(terminal, 0)
    for (let count = 0; count < 200; count++) {
      append(Buffer.from(`${"quiet".repeat(2000)}\r\n`))
      backlog.parse(terminal, () => false)
    }
    const before = terminal.written
    append(lines)
    backlog.makeRoom(terminal, 0)
    assert.isBelow(terminal.written - before, lines.length)
    assert.strictEqual(terminal.lines().at(-1), "a line of a flood")
    terminal.dispose()
  })

  it("skips nothing in the middle of a string", async () => {
    assert.strictEqual(await parsed(long, "\x1bPq"), long.length)
  })
})
