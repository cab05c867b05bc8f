import { assert, describe, it } from "@effect/vitest"
import { planSkip } from "../../src/layers/internal/vt/skip.ts"
import { XtermTerminal } from "../../src/layers/internal/vt/terminal.ts"
import { engine, recordings } from "../support/differential.ts"
import { type TerminalState, terminalState } from "../support/terminalState.ts"
import { random, torture } from "../support/torture.ts"

const HISTORY = 20
const SIZE = { cols: 30, rows: 6 }

/** What floods are made of, and now and then something that a stretch must stop at. */
const flood = (seed: number): Buffer => {
  const next = random(seed)
  const pick = <T>(items: ReadonlyArray<T>): T => items[Math.floor(next() * items.length)]!
  const parts: Array<string> = []
  const rare = pick([0, 0.002, 0.02])
  for (let line = 0; line < 1500; line++) {
    const count = Math.floor(next() * 5)
    for (let word = 0; word < count; word++) {
      parts.push(
        next() < rare
          ? pick([
            "\x1b[H",
            "\x1b[2J",
            "\x1b]0;t\x07",
            "\x1b[?1049h",
            "\x1b[?1049l",
            "\x1b[3;5r",
            "\x1b[r",
            "\x1b(0",
            "\x1b(B",
            "\x0e",
            "\x0f",
            "\x1b[4h",
            "\x1b[4l",
            "\x1b7",
            "\x1b8",
            "\x1bM",
            "\u009b2J",
            "\u0085",
            "\x1b]8;;http://x\x07",
            "\x1b]8;;\x07",
            "\x1b[?7l",
            "\x1b[?7h",
            "\x1b[?45h",
            "\x1b[1\x18",
            "\x1bc",
            "\x0b"
          ])
          : pick([
            "word ",
            "日本",
            "é",
            "x".repeat(50),
            "\t",
            "\b\b",
            "\r",
            "\x07",
            "👍🏽",
            "e\u0301",
            "\u00e9",
            "\x1b[31m",
            "\x1b[0m",
            "\x1b[m",
            "\x1b[1;44m",
            "\x1b[38;5;9m",
            "\x1b[48;2;1;2;3m",
            "\x1b[39m",
            "\x1b[4:3m",
            "\x1b[58:5:9m",
            "\x1b[22;7m",
            "\x1b[27m"
          ])
      )
    }
    parts.push(pick(["\r\n", "\r\n", "\r\n", "\n"]))
  }
  return Buffer.from(parts.join(""))
}

const state = (terminal: XtermTerminal): TerminalState =>
  terminalState((terminal as unknown as { readonly instance: Parameters<typeof terminalState>[0] }).instance, HISTORY)

/** Feeds a stream in pieces, trying to skip before each; counts what was skipped. */
const feed = (terminal: XtermTerminal, bytes: Buffer, seed: number, skipping: boolean): number => {
  const next = random(seed)
  let skipped = 0
  for (let at = 0; at < bytes.length;) {
    const piece = bytes.subarray(at, at + 1 + Math.floor(next() * (next() < 0.3 ? 40 : 12000)))
    const middle = Math.floor(next() * piece.length)
    const plan = skipping && terminal.scrolls()
      ? planSkip([piece.subarray(0, middle), piece.subarray(middle)], {
        ...SIZE,
        history: HISTORY,
        wraps: terminal.wraps()
      })
      : undefined
    if (plan !== undefined) {
      terminal.write(plan.instead)
      terminal.write(piece.subarray(plan.bytes))
      skipped += plan.bytes
    } else terminal.write(piece)
    at += piece.length
  }
  return skipped
}

describe("skipping what scrolls away", () => {
  it("leaves the model as parsing everything does", async () => {
    const loaded = await engine
    let skipped = 0
    let total = 0
    const streams = [
      ...Array.from({ length: 100 }, (_, seed) => flood(seed)),
      ...Array.from({ length: 10 }, (_, seed) => torture(seed, 8000, SIZE.cols, SIZE.rows)),
      // Recordings, again and again, cut anywhere.
      ...recordings().flatMap(({ bytes }, index) => {
        const cut = Math.floor(random(index)() * bytes.length)
        return [Buffer.concat([bytes.subarray(cut), bytes.subarray(0, cut)])]
      })
    ]
    for (const [seed, bytes] of streams.entries()) {
      const plain = new XtermTerminal(loaded, SIZE, HISTORY)
      const skipping = new XtermTerminal(loaded, SIZE, HISTORY)
      feed(plain, bytes, seed, false)
      skipped += feed(skipping, bytes, seed, true)
      total += bytes.length
      assert.deepStrictEqual(state(skipping), state(plain), `stream ${seed}`)
      plain.dispose()
      skipping.dispose()
    }
    // It would prove nothing if it never skipped.
    assert.isAbove(skipped / total, 0.1)
  })

  it("keeps what may still be seen", () => {
    const lines = Buffer.from("line\r\n".repeat(5000))
    const plan = planSkip([lines], { cols: 80, rows: 24, history: 1000, wraps: true })!
    assert.isAtLeast((lines.length - plan.bytes) / 6, 1000 + 24)
    assert.isUndefined(planSkip([lines.subarray(0, 6 * 1000)], { cols: 80, rows: 24, history: 1000, wraps: true }))
  })

  it("counts a long line for the rows that it fills", () => {
    const lines = Buffer.from(`${"x".repeat(800)}\r\n`.repeat(500))
    assert.isDefined(planSkip([lines], { cols: 80, rows: 24, history: 1000, wraps: true }))
    assert.isUndefined(planSkip([lines], { cols: 80, rows: 24, history: 1000, wraps: false }))
  })
})
