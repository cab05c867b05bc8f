/** The bytes of a history, made of its lines. */
import type { LinePart } from "../../services/VtEngine.ts"

/** Length of a piece: what a socket takes at once. */
const PIECE_CHARACTERS = 64 * 1024

/** Not by a pattern: that would begin again at each blank of a line, and a line may have millions. */
const withoutBlanksAtEnd = (line: string): string => {
  let end = line.length
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end--
  return line.slice(0, end)
}

/**
 * The lines as a person would copy them, in pieces: no blanks at the ends of lines, no blank lines at the end.
 * Lines come in parts: one may be longer than a piece.
 */
export class HistoryBytes {
  private text = ""
  /** Blank lines, and blanks of the line: they count once there is text behind them. */
  private blankLines = ""
  /** More blank lines, before those: V8 keeps a string that grows as a list of its parts, 20 bytes for each. */
  private manyBlankLines: Array<Buffer> = []
  private blanks = ""
  private hasText = false
  private readonly ansi: boolean

  /** With `ansi` nothing is cut off a line's end. */
  constructor(ansi: boolean) {
    this.ansi = ansi
  }

  add({ ends, isBlank, text }: LinePart): void {
    if (isBlank) this.blanks += text
    else {
      const shown = this.ansi ? text : withoutBlanksAtEnd(text)
      this.text += `${this.manyBlankLines.join("")}${this.blankLines}${this.blanks}${shown}`
      this.manyBlankLines = []
      this.blankLines = ""
      this.blanks = text.slice(shown.length)
      this.hasText = true
    }
    if (!ends) return
    const end = `${this.ansi ? this.blanks : ""}\n`
    if (this.hasText) this.text += end
    else this.addBlankLine(end)
    this.blanks = ""
    this.hasText = false
  }

  private addBlankLine(line: string): void {
    this.blankLines += line
    if (this.blankLines.length < PIECE_CHARACTERS) return
    this.manyBlankLines.push(Buffer.from(this.blankLines))
    this.blankLines = ""
  }

  /** What there is, once it is a piece; with `isLast` whatever it is. */
  take(isLast = false): Buffer | undefined {
    if (this.text.length < (isLast ? 1 : PIECE_CHARACTERS)) return undefined
    const piece = Buffer.from(this.text)
    this.text = ""
    return piece
  }
}

const NOTHING = Buffer.alloc(0)

/** The bytes of a history, in pieces. Empty where a part of it makes no whole piece yet. */
export function* historyPieces(parts: Iterable<LinePart>, ansi: boolean): Generator<Buffer> {
  const history = new HistoryBytes(ansi)
  for (const part of parts) {
    history.add(part)
    yield history.take() ?? NOTHING
  }
  yield history.take(true) ?? NOTHING
}
