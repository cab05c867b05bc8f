/** Who is connected, in the order in which they last led. */
import type { ClientInfo } from "../../schema/Session.ts"
import type { Member } from "./peer.ts"

export class Members {
  private readonly all = new Set<Member>()
  private first: Member | undefined

  /** The one that typed last, or came last: the session has its size, and its terminal answers. */
  get primary(): Member | undefined {
    return this.first
  }

  get size(): number {
    return this.all.size
  }

  /** A measure of how much they still have to take. */
  get pending(): number {
    return this.list().reduce((sum, member) => sum + member.connection.pending(), 0)
  }

  /** Those that count as clients. */
  get infos(): ReadonlyArray<ClientInfo> {
    return this.list().filter((member) => member.shows).map((member) => member.info)
  }

  /** A copy: they may go while it is walked. */
  list(): ReadonlyArray<Member> {
    return [...this.all]
  }

  add(member: Member): void {
    this.all.add(member)
  }

  /** Gives whether another one led before. */
  lead(member: Member): boolean {
    this.all.delete(member)
    this.all.add(member)
    const isNew = member !== this.first
    this.first = member
    return isNew
  }

  /** The one that led before it leads again. Gives whether it led. */
  drop(member: Member): boolean {
    this.all.delete(member)
    if (member !== this.first) return false
    this.first = this.list().findLast((other) => other.hello?.role === "attach")
    return true
  }
}
