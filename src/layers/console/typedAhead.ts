/** What the user typed while nobody read it. */
import * as Fs from "node:fs"
import { quietly } from "../system/quietly.ts"

const STDIN = 0

/** More than a line can have (N_TTY_BUF_SIZE). */
const LINE_BYTES = 4096

/** Bytes: what else was typed stays with the terminal. */
const MAX_BYTES = 64 * 1024

const LINE_FEED = 0x0a
const CARRIAGE_RETURN = 0x0d

/** The key that was pressed: a terminal that edits lines has made a line feed of it (ICRNL in termios(3)). */
const withEnter = (line: Buffer): Buffer => {
  if (line.at(-1) === LINE_FEED) line[line.length - 1] = CARRIAGE_RETURN
  return line
}

/**
 * The lines that a terminal has ready, without waiting. It is opened again for that: the flags of the descriptor are
 * shared. Only Linux opens it again; elsewhere the lines reach the next reader as they are.
 */
const readLines = (fd: number): ReadonlyArray<Buffer> => {
  const { O_NOCTTY, O_NONBLOCK, O_RDONLY } = Fs.constants
  const own = process.platform === "linux"
    ? quietly(() => Fs.openSync(`/proc/self/fd/${fd}`, O_RDONLY | O_NONBLOCK | O_NOCTTY))
    : undefined
  if (own === undefined) return []
  const lines: Array<Buffer> = []
  try {
    for (let bytes = 0; bytes < MAX_BYTES;) {
      const line = Buffer.allocUnsafe(LINE_BYTES)
      const length = quietly(() => Fs.readSync(own, line), 0)
      if (length === 0) return lines
      bytes += length
      lines.push(withEnter(line.subarray(0, length)))
    }
    return lines
  } finally {
    Fs.closeSync(own)
  }
}

/** Shared by those who read from one terminal, one after the other. */
export class TypedAhead {
  private readonly fd: number
  private held: ReadonlyArray<Buffer> = []

  constructor(fd: number) {
    this.fd = fd
  }

  /** Keeps for the session what was typed so far: it is no answer to a question that comes now. */
  hold(): void {
    this.held = [...this.held, ...readLines(this.fd)]
  }

  /** All that was typed so far, as it was typed, but for a line without its end: that stays with the terminal. */
  take(): Buffer {
    this.hold()
    const taken = Buffer.concat(this.held)
    this.held = []
    return taken
  }
}

/** The one of standard input. */
export const typedAhead = new TypedAhead(STDIN)
