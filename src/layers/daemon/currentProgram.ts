/** The programs of a session, one after the other, each on its own terminal. Acts as the one that runs now. */
import type { ExitStatus, Size } from "../../schema/Session.ts"
import type { Foreground, PtyHandlers, PtyProcess } from "../../services/Pty.ts"

export class CurrentProgram implements PtyProcess {
  private current: PtyProcess
  private handlers: PtyHandlers | undefined
  private paused = false
  private size: Size | undefined
  /** Set when the current program has ended: input for the next one. */
  private queued: Array<Buffer> | undefined
  /** A `write` has returned false: `onDrain` must follow. */
  private isDrainDue = false

  constructor(first: PtyProcess) {
    this.current = first
  }

  get pid(): number {
    return this.current.pid
  }

  get tty(): string {
    return this.current.tty
  }

  listen(handlers: PtyHandlers): void {
    this.handlers = handlers
    this.listenToCurrent(handlers)
  }

  write(bytes: Buffer): boolean {
    if (this.queued !== undefined) {
      this.queued.push(bytes)
      this.isDrainDue = true
    } else if (!this.current.write(bytes)) this.isDrainDue = true
    return !this.isDrainDue
  }

  pause(): void {
    this.paused = true
    this.current.pause()
  }

  resume(): void {
    this.paused = false
    this.current.resume()
  }

  resize(size: Size): void {
    this.size = size
    this.current.resize(size)
  }

  signal(name: Parameters<PtyProcess["signal"]>[0]): void {
    this.current.signal(name)
  }

  foreground(then: (now: Foreground) => void): void {
    this.current.foreground(then)
  }

  /** Another program will follow: input waits for it. What the last program left unread is gone with its terminal. */
  expectNext(): void {
    this.drained()
    this.queued = []
  }

  /** The next program runs: from here on its output, its end and its input are the session's. */
  switchTo(next: PtyProcess): void {
    const { handlers, queued = [] } = this
    this.current = next
    this.queued = undefined
    if (this.size !== undefined) next.resize(this.size)
    if (this.paused) next.pause()
    if (handlers !== undefined) this.listenToCurrent(handlers)
    const taken = queued.map((bytes) => next.write(bytes))
    if (!taken.includes(false)) this.drained()
  }

  private listenToCurrent(handlers: PtyHandlers): void {
    this.current.listen({
      onData: handlers.onData,
      onDrain: () => this.drained(),
      onExit: (status: ExitStatus) => handlers.onExit(status)
    })
  }

  private drained(): void {
    if (!this.isDrainDue) return
    this.isDrainDue = false
    this.handlers?.onDrain()
  }
}
