/** An output stream of a program whose reader may pause beyond the end of the program. */
import type { Readable } from "node:stream"

/**
 * Node reads a child's streams to their end when the process exits, paused or not (flushStdio in
 * lib/internal/child_process.js). What comes while paused is kept here: at most a chunk at a time, because the stream
 * is paused again.
 */
export class PausableStream {
  private kept: Array<Buffer> = []
  private isOpen = false
  private readonly stream: Readable
  private onData: (bytes: Buffer) => void = () => undefined

  constructor(stream: Readable) {
    this.stream = stream
    // The end of the process reports the reason.
    stream.on("error", () => undefined)
    stream.on("data", (bytes: Buffer) => {
      if (this.isOpen && this.kept.length === 0) return this.onData(bytes)
      this.kept.push(bytes)
      if (!this.isOpen) stream.pause()
    })
    stream.pause()
  }

  /** Whether all that came was handed over. */
  get isEmpty(): boolean {
    return this.kept.length === 0
  }

  /** Sets the handler of what comes from now on. */
  to(onData: (bytes: Buffer) => void): void {
    this.onData = onData
  }

  close(): void {
    this.isOpen = false
    this.stream.pause()
  }

  open(): void {
    this.isOpen = true
    while (this.flows() && this.kept.length > 0) this.onData(this.kept.shift()!)
    if (this.flows()) this.stream.resume()
  }

  /** Puts back bytes that came too early. */
  putBack(bytes: Buffer): void {
    if (bytes.length > 0) this.kept.unshift(bytes)
  }

  /** A method, because a handler may close the stream meanwhile. */
  private flows(): boolean {
    return this.isOpen
  }
}
