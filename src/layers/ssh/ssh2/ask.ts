/** The questions of ssh, asked on the terminal whatever standard input and output are. */
import * as Fs from "node:fs"
import { ReadStream } from "node:tty"
import { cleanAtEnd } from "../../system/processEvents.ts"
import { quietly } from "../../system/quietly.ts"

/**
 * Asks for a line. Undefined: there is no terminal, the user gave no answer, or `over` says that none is wanted any
 * more, which lets go of the terminal.
 */
export type Ask = (question: string, echo: boolean, over?: AbortSignal) => Promise<string | undefined>

/** Characters of an answer. */
const MAX_ANSWER_CHARS = 4096

const CTRL_D = 0x04
const CTRL_U = 0x15

/** Keys that end this process, where a terminal is not in raw mode. */
const SIGNALS: Readonly<Record<number, NodeJS.Signals>> = { 0x03: "SIGINT", 0x1c: "SIGQUIT" }

/** Bytes that a terminal keeps for its reader (N_TTY_BUF_SIZE), and how many times that: a paste may be longer. */
const QUEUE_BYTES = 4096
const MAX_DROPS = 64

/** A line as it is typed in raw mode: gives the echo of each byte, and knows when the line is complete. */
class Line {
  private typed: Array<number> = []
  private readonly echo: boolean
  /** Set at the end; without a text the user gave up. */
  over: { readonly text: string | undefined; readonly signal?: NodeJS.Signals } | undefined

  constructor(echo: boolean) {
    this.echo = echo
  }

  /** Takes a byte and returns its echo. */
  take(byte: number): string {
    switch (byte) {
      case 0x0d:
      case 0x0a:
        this.over = { text: Buffer.from(this.typed).toString("utf8") }
        return ""
      case CTRL_D:
        if (this.typed.length === 0) this.over = { text: undefined }
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
      default: {
        const signal = SIGNALS[byte]
        if (signal !== undefined) this.over = { text: undefined, signal }
        if (byte < 0x20 || this.typed.length >= MAX_ANSWER_CHARS) return ""
        this.typed.push(byte)
        return this.echo ? Buffer.from([byte]).toString("latin1") : ""
      }
    }
  }

  private width(): number {
    return [...Buffer.from(this.typed).toString("utf8")].length
  }
}

const open = (flags: string | number): number | undefined => quietly(() => Fs.openSync("/dev/tty", flags))

/**
 * Drops what was typed and not read. As ssh does before a question and after its answer (readpassphrase's TCSAFLUSH):
 * the rest of a paste is neither the next answer nor for the program that reads next.
 */
const dropTyped = (): void => {
  const fd = open(Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK | Fs.constants.O_NOCTTY)
  if (fd === undefined) return
  const typed = Buffer.alloc(QUEUE_BYTES)
  for (let drops = 0; drops < MAX_DROPS && quietly(() => Fs.readSync(fd, typed), 0) > 0; drops++);
  Fs.closeSync(fd)
}

/** Asks on this process's controlling terminal. */
export const askOnTerminal: Ask = (question, echo, over) =>
  new Promise((resolve) => {
    const fd = over?.aborted === true ? undefined : open("r+")
    if (fd === undefined) return resolve(undefined)
    const terminal = new ReadStream(fd)
    const show = (text: string) => {
      if (text !== "") quietly(() => Fs.writeSync(fd, text, null, "latin1"))
    }
    const line = new Line(echo)
    let isDone = false
    const finish = (text: string | undefined) => {
      if (isDone) return
      isDone = true
      over?.removeEventListener("abort", giveUp)
      stopListening()
      dropTyped()
      restore()
      show("\n")
      terminal.destroy()
      if (line.over?.signal === undefined) return resolve(text)
      // What the key does outside of raw mode. That there is no answer must not be heard before it.
      process.kill(process.pid, line.over.signal)
      setImmediate(() => setImmediate(() => resolve(undefined)))
    }
    const giveUp = () => finish(undefined)
    const restore = () => void terminal.setRawMode(false)
    const stopListening = cleanAtEnd(restore)
    terminal.on("error", giveUp)
    terminal.on("end", giveUp)
    over?.addEventListener("abort", giveUp)
    terminal.setRawMode(true)
    dropTyped()
    quietly(() => Fs.writeSync(fd, question))
    terminal.on("data", (bytes: Buffer) => {
      for (const byte of bytes) {
        if (line.over === undefined) show(line.take(byte))
      }
      if (line.over === undefined) return
      finish(line.over.text)
    })
    return undefined
  })

/** Asks one question at a time, whichever connections ask. */
export const inTurn = (ask: Ask): Ask => {
  let last: Promise<unknown> = Promise.resolve()
  return (question, echo, over) => {
    const answer = last.then(() => ask(question, echo, over))
    last = answer.catch(() => undefined)
    return answer
  }
}
