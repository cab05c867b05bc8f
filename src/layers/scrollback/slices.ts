/** Work that takes long, in slices between which the event loop goes on. One after the other. */

/** How long work may go on where it begins: most is done by then. */
const FIRST_MS = 20

/** How long a later slice may take. */
const SLICE_MS = 8

/** What is to be called when a step is done: it may ask for more work, or for the end of this. */
export type Result = (() => void) | undefined

/** Each step takes a few milliseconds at most. */
export type Steps = Iterator<Result, Result>

export class Slices {
  private queue: Array<Steps> = []
  private isScheduled = false
  private readonly onIdle: () => void

  /** `onIdle`: work was done later than it was asked for, and nothing is left. */
  constructor(onIdle: () => void) {
    this.onIdle = onIdle
  }

  get isBusy(): boolean {
    return this.queue.length > 0
  }

  /** Does work: at once if it is short and no other is under way. Gives a function that cancels it. */
  add(steps: Steps): () => void {
    this.queue.push(steps)
    if (this.queue.length === 1) this.run(FIRST_MS)
    this.schedule()
    return () => this.remove(steps)
  }

  /** Does all of it now. */
  settle(): void {
    this.run(Number.POSITIVE_INFINITY)
  }

  private remove(steps: Steps): void {
    if (!this.queue.includes(steps)) return
    this.queue = this.queue.filter((other) => other !== steps)
    steps.return?.()
  }

  private run(ms: number): void {
    const end = performance.now() + ms
    for (let first = this.queue[0]; first !== undefined; first = this.queue[0]) {
      const { done, value } = first.next()
      if (done === true) this.queue = this.queue.filter((other) => other !== first)
      value?.()
      if (performance.now() >= end) break
    }
  }

  private schedule(): void {
    if (this.isScheduled || this.queue.length === 0) return
    this.isScheduled = true
    setImmediate(() => {
      this.isScheduled = false
      this.run(SLICE_MS)
      if (this.isBusy) this.schedule()
      else this.onIdle()
    })
  }
}
