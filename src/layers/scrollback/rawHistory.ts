/** A history made of raw bytes, without a terminal model. */
import { withoutControls } from "../../schema/Text.ts"
import { VtScanner } from "../vt/scanner.ts"
import { incomplete } from "../vt/utf8.ts"
import { HistoryBytes } from "./historyBytes.ts"
import { Pens } from "./pens.ts"

const PLAIN = "\x1b[0m"

/** The parameters of an SGR sequence. */
const SGR = /^\x1b\[([0-9:;]*)m$/

/** Most characters by which lines begin with the pen of the line before: twice the raw bytes that there are. */
const MAX_REPEATED_CHARACTERS = 8 * 1024 * 1024

/** Bytes between two pieces: a millisecond, also of lines that are empty but for a pen. */
const STEP_BYTES = 4096

const CR = 0x0d

const NOTHING = Buffer.alloc(0)

/** Writes lines: their text, and with `ansi` the pen that it is written with. */
class LineWriter {
  private readonly history: HistoryBytes
  private readonly ansi: boolean
  private styled = ""
  private text = ""
  private pens = new Pens()
  private isPlain = true
  private repeated = 0
  /** A CR has come: the next text replaces the line. */
  private isOverwritten = false

  constructor(ansi: boolean) {
    this.ansi = ansi
    this.history = new HistoryBytes(ansi)
  }

  /** Lines that have ended, once they are a piece; with `isLast` whatever they are. */
  take(isLast = false): Buffer | undefined {
    return this.history.take(isLast)
  }

  write(text: string): void {
    const [first, ...rest] = text.split("\n")
    this.put(first!)
    for (const line of rest) {
      this.end()
      this.put(line)
    }
  }

  pen(params: string): void {
    const sequence = `\x1b[${params}m`
    // Too many colours: dropped rather than kept.
    if (!this.pens.add(params)) this.pens = new Pens()
    this.isPlain = params === "" || params === "0"
    this.styled += sequence
  }

  end(): void {
    const { ansi, isPlain, styled, text } = this
    this.history.add({
      text: !ansi ? text : isPlain ? styled : `${styled}${PLAIN}`,
      isBlank: !/[^ \t]/.test(text),
      ends: true
    })
    this.styled = this.begin()
    this.text = ""
    this.isOverwritten = false
  }

  /** What a line begins with. */
  private begin(): string {
    if (this.isPlain || this.repeated > MAX_REPEATED_CHARACTERS) return ""
    const pens = `${this.pens}`
    this.repeated += pens.length
    return pens
  }

  private put(line: string): void {
    if (line === "") return
    // Not by a pattern, which would begin again at each CR of a line.
    let end = line.length
    while (end > 0 && line[end - 1] === "\r") end--
    const shown = line.slice(0, end)
    const over = shown.lastIndexOf("\r")
    const text = withoutControls(shown.slice(over + 1), "\t", "")
    if (over !== -1 || (this.isOverwritten && text !== "")) {
      this.styled = this.begin()
      this.text = ""
      this.isOverwritten = false
    }
    this.styled += text
    this.text += text
    if (shown.length < line.length) this.isOverwritten = true
  }
}

/** Where a step ends that begins at `from`: not in a character, nor between a CR and what is written over the line. */
const endOfStep = (bytes: Buffer, from: number): number => {
  const last = from + STEP_BYTES
  if (last >= bytes.length) return bytes.length
  let end = last - incomplete(bytes.subarray(from, last))
  while (end > from && bytes[end - 1] === CR) end--
  return end > from ? end : last
}

/** The lines of these bytes, with or without their colours, in pieces. Empty where bytes make no whole piece yet. */
export function* rawHistoryPieces(bytes: Buffer, { ansi }: { readonly ansi: boolean }): Generator<Buffer> {
  const writer = new LineWriter(ansi)
  const scanner = new VtScanner({
    text: (bytes, from, to) => writer.write(bytes.toString("utf8", from, to)),
    sequence: (bytes, from, to) => {
      const params = SGR.exec(bytes.toString("latin1", from, to))?.[1]
      if (params !== undefined) writer.pen(params)
    }
  })
  for (let at = 0; at < bytes.length;) {
    const end = endOfStep(bytes, at)
    scanner.push(bytes.subarray(at, end))
    at = end
    yield writer.take() ?? NOTHING
  }
  writer.end()
  yield writer.take(true) ?? NOTHING
}

/** The same at once. */
export const rawHistory = (bytes: Buffer, options: { readonly ansi: boolean }): Array<Buffer> =>
  [...rawHistoryPieces(bytes, options)].filter(({ length }) => length > 0)
