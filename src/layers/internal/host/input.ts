/** What was typed and not yet taken by the program: in order, bounded by every client's window. */
import type { PtyProcess } from "../../../services/Pty.ts"
import type { Member } from "./member.ts"

export class InputQueue {
  private waiting: Array<{ readonly member: Member | undefined; readonly bytes: Buffer }> = []
  private blocked = false
  private readonly program: Pick<PtyProcess, "write">

  constructor(program: Pick<PtyProcess, "write">) {
    this.program = program
  }

  /** Without a member: the daemon's own answers to the program's questions. */
  push(member: Member | undefined, bytes: Buffer): void {
    if (this.blocked) this.waiting.push({ member, bytes })
    else this.type(member, bytes)
  }

  /** The program takes input again. */
  drain(): void {
    this.blocked = false
    const waiting = this.waiting
    this.waiting = []
    for (const { bytes, member } of waiting) this.push(member, bytes)
  }

  private type(member: Member | undefined, bytes: Buffer): void {
    this.blocked = !this.program.write(bytes)
    member?.typed(bytes.length)
  }
}
