/** What was typed and not yet taken by the program: in order, bounded by every client's window. */
import type { PtyProcess } from "../../../services/Pty.ts"
import type { Member } from "./member.ts"

export class InputQueue {
  private waiting: Array<{ readonly member: Member; readonly bytes: Buffer }> = []
  private blocked = false
  private readonly program: Pick<PtyProcess, "write">

  constructor(program: Pick<PtyProcess, "write">) {
    this.program = program
  }

  push(member: Member, bytes: Buffer): void {
    if (this.blocked) this.waiting.push({ member, bytes })
    else this.type(member, bytes)
  }

  /** The daemon's own answers. A program that asks and does not read gets no more of them: they would pile up. */
  offer(bytes: Buffer): void {
    if (!this.blocked) this.blocked = !this.program.write(bytes)
  }

  /** The program takes input again. */
  drain(): void {
    this.blocked = false
    const waiting = this.waiting
    this.waiting = []
    for (const { bytes, member } of waiting) this.push(member, bytes)
  }

  private type(member: Member, bytes: Buffer): void {
    this.blocked = !this.program.write(bytes)
    member.typed(bytes.length)
  }
}
