/** A history made of raw bytes, without a terminal model. */
import { withoutControls } from "../../schema/Text.ts"
import { VtScanner } from "../vt/scanner.ts"
import { inPieces, trimmed } from "./historyBytes.ts"
import { Pens } from "./pens.ts"

const PLAIN = "\x1b[0m"

/** The parameters of an SGR sequence. */
const SGR = /^\x1b\[([0-9:;]*)m$/

/** Most characters by which lines begin with the pen of the line before: twice the raw bytes that there are. */
const MAX_REPEATED_CHARACTERS = 8 * 1024 * 1024

/** Collects lines: their text, and the pen that it is written with. */
class LineWriter {
  readonly lines: Array<string> = []
  /** The same lines without the pen. */
  readonly plain: Array<string> = []
  private styled = ""
  private text = ""
  private pens = new Pens()
  private isPlain = true
  private repeated = 0
  /** A CR has come: the next text replaces the line. */
  private isOverwritten = false

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
    this.lines.push(this.isPlain ? this.styled : `${this.styled}${PLAIN}`)
    this.plain.push(this.text)
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

/** The lines of these bytes, with or without their colours. */
export const rawHistory = (bytes: Buffer, { ansi }: { readonly ansi: boolean }): Array<Buffer> => {
  const writer = new LineWriter()
  const scanner = new VtScanner({
    text: (bytes, from, to) => writer.write(bytes.toString("utf8", from, to)),
    sequence: (bytes, from, to) => {
      const params = SGR.exec(bytes.toString("latin1", from, to))?.[1]
      if (params !== undefined) writer.pen(params)
    }
  })
  scanner.push(bytes)
  writer.end()
  const plain = trimmed(writer.plain)
  return inPieces(ansi ? writer.lines.slice(0, plain.length) : plain)
}
