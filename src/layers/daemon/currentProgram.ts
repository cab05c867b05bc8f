/** The programs of a session, one after the other, each on a terminal of its own: stands for the one that runs now. */
import type { ExitStatus, Size } from "../../schema/Session.ts"
import type { Foreground, PtyHandlers, PtyProcess } from "../../services/Pty.ts"

export class CurrentProgram implements PtyProcess {
  private current: PtyProcess
  private handlers: PtyHandlers | undefined
  private paused = false
  private size: Size | undefined
  /** The current one has ended: what is typed from then on is for the next. */
  private typed: Array<Buffer> | undefined
  /** A `write` said to hold back. */
  private owing = false

  constructor(first: PtyProcess) {
    this.current = first
  }

  get pid(): number {
    return this.current.pid
  }

  listen(handlers: PtyHandlers): void {
    this.handlers = handlers
    this.hear(handlers)
  }

  write(bytes: Buffer): boolean {
    if (this.typed !== undefined) {
      this.typed.push(bytes)
      this.owing = true
    } else if (!this.current.write(bytes)) this.owing = true
    return !this.owing
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

  foreground(): Foreground {
    return this.current.foreground()
  }

  /** Another one is to come: what is typed waits for it. What the last one has left unread is gone with its terminal. */
  expect(): void {
    this.settle()
    this.typed = []
  }

  /** It runs: its bytes, its end and what is typed are those of the session from here on. */
  follow(next: PtyProcess): void {
    const { handlers, typed = [] } = this
    this.current = next
    this.typed = undefined
    if (this.size !== undefined) next.resize(this.size)
    if (this.paused) next.pause()
    if (handlers !== undefined) this.hear(handlers)
    const taken = typed.map((bytes) => next.write(bytes))
    if (!taken.includes(false)) this.settle()
  }

  private hear(handlers: PtyHandlers): void {
    this.current.listen({
      onData: handlers.onData,
      onDrain: () => this.settle(),
      onExit: (status: ExitStatus) => handlers.onExit(status)
    })
  }

  private settle(): void {
    if (!this.owing) return
    this.owing = false
    this.handlers?.onDrain()
  }
}
