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
    if (this.isBehind) return false
    if (this.isOver(1, terminal)) {
      return this.levelMs === NO_LEVEL || this.backlog.estimateMs > this.levelMs + BURST_MS / this.pace
    }
    this.levelMs = NO_LEVEL
    return false
  }

  /** The program waits from here on. */
  begin(): void {
    this.begunAt = this.now()
    this.begunMs = this.backlog.estimateMs
    this.set(true)
  }

  /** Some output has been parsed: the program goes on if that is enough. */
  shrink(terminal: VtTerminal | undefined): void {
    if (!this.isBehind) return
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
