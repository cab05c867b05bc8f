/** The last line of a terminal, which changes during long work, and the output above it. */
import { writeWhole } from "../system/writeWhole.ts"

const STDERR = 2

/** Moves to the beginning of the line, and erases it (ECMA-48: EL). */
const ERASE = "\r\x1b[K"

/** Shared by all writers to one terminal. */
export class StatusLine {
  private readonly fd: number
  private text = ""
  private holds = 0

  constructor(fd: number) {
    this.fd = fd
  }

  /** Shows another text, which fits into one line and has no control characters; empty: no line. */
  show(text: string): void {
    if (text === this.text) return
    this.text = text
    this.write(`${ERASE}${text}`)
  }

  /** Writes output that ends with a line feed. */
  above(write: () => void): void {
    if (this.text !== "") this.write(ERASE)
    write()
    if (this.text !== "") this.write(this.text)
  }

  /** Shows nothing until the returned function is called: somebody else has the terminal. */
  hold(): () => void {
    if (this.text !== "") this.write(ERASE)
    this.holds++
    return () => {
      if (--this.holds === 0 && this.text !== "") this.write(this.text)
    }
  }

  private write(text: string): void {
    if (this.holds > 0) return
    writeWhole(this.fd, Buffer.from(text))
  }
}

/** The one of standard error. */
export const statusLine = new StatusLine(STDERR)
