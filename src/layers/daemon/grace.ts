/** What follows when a grace is over, however often it is asked for. */

/** A later request may be answered so much later than it asked, as a part of its grace: else each has a timer. */
const TOLERANCE = 0.05

export interface GraceOptions {
  readonly now: () => number
  readonly after: (ms: number, run: () => void) => void
  readonly run: () => void
}

/** A deadline that can only be moved forward. */
export class Grace {
  private deadline = Infinity
  private readonly options: GraceOptions

  constructor(options: GraceOptions) {
    this.options = options
  }

  /** Runs after this many milliseconds, or before if that was asked for. */
  begin(ms: number): void {
    const { after, now, run } = this.options
    const at = now() + ms
    if (this.deadline <= at + ms * TOLERANCE) return
    this.deadline = at
    after(ms, () => {
      if (this.deadline === at) this.deadline = Infinity
      run()
    })
  }
}
