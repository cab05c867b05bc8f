/** The last line of a terminal, which changes while something takes its time, and what is written above it. */
import { writeWhole } from "../system/writeWhole.ts"

const STDERR = 2

/** To the beginning of the line, and nothing behind it (ECMA-48: EL). */
const ERASE = "\r\x1b[K"

/** To the line above (ECMA-48: CUU). */
const UP = "\x1b[A"

/** Shared by all who write to one terminal. */
export class StatusLine {
  private readonly fd: number
  private text = ""

  constructor(fd: number) {
    this.fd = fd
  }

  /** Shows another text, which fits one line and has no control characters; empty: none. */
  show(text: string): void {
    if (text === this.text) return
    this.text = text
    this.write(`${ERASE}${text}`)
  }

  /** Writes something that ends with a line. */
  above(write: () => void): void {
    if (this.text !== "") this.write(ERASE)
    write()
    if (this.text !== "") this.write(this.text)
  }

  /** Somebody has pressed Enter, and the terminal has put what was shown one line up. */
  entered(): void {
    if (this.text !== "") this.write(`${UP}${ERASE}${this.text}`)
  }

  private write(text: string): void {
    writeWhole(this.fd, Buffer.from(text))
  }
}

/** Of standard error. */
export const statusLine = new StatusLine(STDERR)
