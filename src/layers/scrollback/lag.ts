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
 * How much shorter a lag gets each time before the program goes on. When what could be skipped no longer can be, a long
 * lag is over the limit at once: the program, and the echo of what is typed, do not wait for all of it.
 */
const STEP_MS = BACKLOG_MS * (1 - LOW_WATER)

/**
 * How much longer it may get again before the program waits once more: an echo comes after what the system has taken
 * from the program (on Linux mostly 12 KB), and should not wait for a step at each read of 4 KB.
 */
const BURST_MS = STEP_MS / 2

/** The program has not waited lately. */
const NO_GOAL = Number.POSITIVE_INFINITY

export class Lag {
  /** The program waits. */
  isBehind = false
  /** Effort that may be left when the program goes on. */
  private goalMs = NO_GOAL
  private onBehind: (isBehind: boolean) => void = () => {}
  private readonly backlog: Backlog

  constructor(backlog: Backlog) {
    this.backlog = backlog
  }

  listen(onBehind: (isBehind: boolean) => void): void {
    this.onBehind = onBehind
  }

  /** The program should wait, and does not yet. */
  isTooLong(terminal: VtTerminal | undefined): boolean {
    if (this.isBehind) return false
    if (this.isOver(1, terminal)) return this.goalMs === NO_GOAL || this.backlog.effortMs > this.goalMs + BURST_MS
    this.goalMs = NO_GOAL
    return false
  }

  /** The program waits from here on. */
  begin(): void {
    this.goalMs = Math.min(this.goalMs + BURST_MS, this.backlog.effortMs) - STEP_MS
    this.set(true)
  }

  /** Some output has been parsed: the program goes on if that is enough. */
  shrink(terminal: VtTerminal | undefined): void {
    if (!this.isBehind || (this.backlog.effortMs > this.goalMs && this.isOver(LOW_WATER, terminal))) return
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
