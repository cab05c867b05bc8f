/** The questions of ssh, asked on the terminal whatever standard input and output are. */
import * as Fs from "node:fs"
import { ReadStream } from "node:tty"
import { cleanAtEnd } from "../../system/processEvents.ts"
import { quietly } from "../../system/quietly.ts"

/** Asks for a line. Undefined: there is no terminal, or the user gave no answer. */
export type Ask = (question: string, echo: boolean) => Promise<string | undefined>

/** Characters of an answer. */
const MAX_ANSWER_CHARS = 4096

const CTRL_C = 0x03
const CTRL_D = 0x04
const CTRL_U = 0x15

/** A line as it is typed in raw mode: gives the echo of each byte, and knows when the line is complete. */
class Line {
  private typed: Array<number> = []
  private readonly echo: boolean
  /** Set at the end; without a text the user gave up. */
  over: { readonly text: string | undefined; readonly interrupted: boolean } | undefined

  constructor(echo: boolean) {
    this.echo = echo
  }

  /** Takes a byte and returns its echo. */
  take(byte: number): string {
    switch (byte) {
      case 0x0d:
      case 0x0a:
        this.over = { text: Buffer.from(this.typed).toString("utf8"), interrupted: false }
        return ""
      case CTRL_C:
        this.over = { text: undefined, interrupted: true }
        return ""
      case CTRL_D:
        if (this.typed.length === 0) this.over = { text: undefined, interrupted: false }
        return ""
      case CTRL_U: {
        const shown = this.echo ? "\b \b".repeat(this.width()) : ""
        this.typed = []
        return shown
      }
      case 0x7f:
      case 0x08: {
        if (this.typed.length === 0) return ""
        // Later bytes of a character are 10xxxxxx.
        while ((this.typed.pop()! & 0xc0) === 0x80 && this.typed.length > 0);
        return this.echo ? "\b \b" : ""
      }
      default:
        if (byte < 0x20 || this.typed.length >= MAX_ANSWER_CHARS) return ""
        this.typed.push(byte)
        return this.echo ? Buffer.from([byte]).toString("latin1") : ""
    }
  }

  private width(): number {
    return [...Buffer.from(this.typed).toString("utf8")].length
  }
}

const open = (): number | undefined => quietly(() => Fs.openSync("/dev/tty", "r+"))

/** Asks on this process's controlling terminal. */
export const askOnTerminal: Ask = (question, echo) =>
  new Promise((resolve) => {
    const fd = open()
    if (fd === undefined) return resolve(undefined)
    const terminal = new ReadStream(fd)
    const show = (text: string) => {
      if (text !== "") Fs.writeSync(fd, text, null, "latin1")
    }
    const line = new Line(echo)
    const finish = (text: string | undefined) => {
      stopListening()
      restore()
      show("\n")
      terminal.destroy()
      resolve(text)
    }
    const restore = () => void terminal.setRawMode(false)
    const stopListening = cleanAtEnd(restore)
    terminal.on("error", () => finish(undefined))
    terminal.on("end", () => finish(undefined))
    terminal.setRawMode(true)
    Fs.writeSync(fd, question)
    terminal.on("data", (bytes: Buffer) => {
      for (const byte of bytes) {
        if (line.over !== undefined) return
        show(line.take(byte))
      }
      if (line.over === undefined) return
      const { interrupted, text } = line.over
      finish(text)
      // What the key would do outside of raw mode.
      if (interrupted) process.kill(process.pid, "SIGINT")
    })
    return undefined
  })

/** Asks one question at a time, whichever connections ask. */
export const inTurn = (ask: Ask): Ask => {
  let last: Promise<unknown> = Promise.resolve()
  return (question, echo) => {
    const answer = last.then(() => ask(question, echo))
    last = answer.catch(() => undefined)
    return answer
  }
}
