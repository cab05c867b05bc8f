/** How far the model may lag behind the output, and when the program waits for it. */
import type { VtTerminal } from "../../services/VtEngine.ts"
import type { Backlog } from "./backlog.ts"
import { RING_BYTES } from "./ScrollbackRing.ts"

/** Most bytes that are not parsed yet while what scrolls away can be skipped: of plain text, parsed in 50 ms. */
const BACKLOG_BYTES = RING_BYTES / 2

/** Time that it may take to parse what cannot be skipped: who attaches waits for it. */
const BACKLOG_MS = 20

/** Once this part of the limits is left, the model has caught up. */
const LOW_WATER = 0.25

/**
 * How long the program waits at a time, in real time: an echo of what is typed waits with it. The estimate does not say
 * how long that is, as other processes may have most of the processor. When what could be skipped no longer can be, a
 * long lag is over the limit at once: it gets shorter with each wait.
 */
const WAIT_MS = 15

/**
 * How much may come before the program waits again, in time that it takes to parse: an echo comes after what the system
 * has taken from the program (on Linux mostly 12 KB), and should not wait at each read of 4 KB.
 */
const BURST_MS = WAIT_MS / 2

/**
 * How much comes without a wait when somebody has typed, so that the echo is there before what precedes it is parsed:
 * what the system has taken from a program by then. On Linux 24,570 bytes at most, measured.
 */
const ECHO_BYTES = 24 * 1024

/**
 * How much longer than it was a lag may be, by the estimate, when more is let through for another echo: as much as
 * precedes an echo mostly takes, so that who types on need not wait for what came with the echo before. Beside one
 * expensive sequence repeated, the slowest echo of nine seconds takes 65 ms with this, and 155 with 20 ms (medians of
 * eight seeds of `npm run bench -- hostile`, SESH_BENCH_KIND=one).
 */
const ECHO_MS = 5 * BACKLOG_MS

/** The program has not waited lately. */
const NO_LEVEL = Number.POSITIVE_INFINITY

export class Lag {
  /** The program waits. */
  isBehind = false
  /** When it began to wait, and how much there was to parse, by the estimate. */
  private begunAt = 0
  private begunMs = 0
  /** How much was left, by the estimate, when the program went on. */
  private levelMs = NO_LEVEL
  /** How many times longer than estimated the last wait took: at least 1, so that a skip makes no long burst. */
  private pace = 1
  /** Somebody has typed, and what precedes the echo has not been let through yet. */
  private isEchoWanted = false
  /** Offset up to which output comes without a wait. */
  private echoTo = 0
  /** Down to this, what was let through for an echo is parsed before more is: typing lengthens a lag only so far. */
  private echoMs = NO_LEVEL
  private onBehind: (isBehind: boolean) => void = () => {}
  private readonly backlog: Backlog
  private readonly now: () => number

  /** `now`: milliseconds of a clock that nobody sets. */
  constructor(backlog: Backlog, now: () => number = () => performance.now()) {
    this.backlog = backlog
    this.now = now
  }

  listen(onBehind: (isBehind: boolean) => void): void {
    this.onBehind = onBehind
  }

  /** The program should wait, and does not yet. */
  isTooLong(terminal: VtTerminal | undefined): boolean {
    if (this.isBehind || this.backlog.offset < this.echoTo) return false
    if (this.isOver(1, terminal)) {
      return this.levelMs === NO_LEVEL || this.backlog.estimateMs > this.levelMs + BURST_MS / this.pace
    }
    this.levelMs = NO_LEVEL
    this.echoMs = NO_LEVEL
    return false
  }

  /** Somebody has typed. */
  expectEcho(): void {
    this.isEchoWanted = true
    this.letEchoThrough()
  }

  /** The program waits from here on. */
  begin(): void {
    this.begunAt = this.now()
    this.begunMs = this.backlog.estimateMs
    this.set(true)
  }

  /** Some output has been parsed: the program goes on if that is enough. */
  shrink(terminal: VtTerminal | undefined): void {
    if (!this.isBehind || this.letEchoThrough()) return
    if (this.isOver(LOW_WATER, terminal)) {
      const waited = this.now() - this.begunAt
      const left = this.backlog.estimateMs
      if (waited < WAIT_MS || left >= Math.min(this.levelMs, this.begunMs)) return
      this.levelMs = left
      this.pace = Math.max(1, waited / (this.begunMs - left))
    }
    this.set(false)
  }

  /** The program goes on: there is no lag, or no model. */
  end(): void {
    if (this.isBehind) this.set(false)
  }

  /** Returns whether the program goes on. */
  private letEchoThrough(): boolean {
    const { backlog } = this
    if (!this.isEchoWanted || backlog.estimateMs > this.echoMs) return false
    this.isEchoWanted = false
    this.echoTo = backlog.offset + ECHO_BYTES
    if (this.echoMs === NO_LEVEL) this.echoMs = Math.max(BACKLOG_MS, backlog.estimateMs) + ECHO_MS
    if (this.isBehind) this.levelMs = Math.min(this.levelMs, backlog.estimateMs)
    this.end()
    return true
  }

  private set(isBehind: boolean): void {
    this.isBehind = isBehind
    this.onBehind(isBehind)
  }

  /** More output is not parsed yet than that part of the limits. */
  private isOver(part: number, terminal: VtTerminal | undefined): boolean {
    const { backlog } = this
    return backlog.bytes > BACKLOG_BYTES * part ||
      (backlog.effortMs > BACKLOG_MS * part && !backlog.isSkippable(terminal))
  }
}
