/** Input that the program has not read yet: in order, bounded by every client's window. */
import type { PtyProcess } from "../../services/Pty.ts"
import type { ClientInput } from "./peer.ts"

export class InputQueue {
  private waiting: Array<{ readonly input: ClientInput; readonly bytes: Buffer; readonly length: number }> = []
  private blocked = false
  private readonly program: Pick<PtyProcess, "write">

  constructor(program: Pick<PtyProcess, "write">) {
    this.program = program
  }

  /** `length`: bytes of the client's input that these are what is left of. */
  push(input: ClientInput, bytes: Buffer, length = bytes.length): void {
    if (this.blocked) this.waiting.push({ input, bytes, length })
    else this.write(input, bytes, length)
  }

  /** The daemon's own replies. A program that queries and does not read gets no more of them: they would pile up. */
  offer(bytes: Buffer): void {
    if (!this.blocked) this.blocked = !this.program.write(bytes)
  }

  /** The program takes input again. */
  drain(): void {
    this.blocked = false
    const waiting = this.waiting
    this.waiting = []
    for (const { bytes, input, length } of waiting) this.push(input, bytes, length)
  }

  private write(input: ClientInput, bytes: Buffer, length: number): void {
    if (bytes.length > 0) this.blocked = !this.program.write(bytes)
    input.queued -= length
    // On the client's connection of now: the bytes may have come on one that has died.
    input.peer?.acknowledge()
  }
}
