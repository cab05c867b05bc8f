/** Histories under way: a piece is sent when the one before was taken, so that only who reads gets any. */
import { FrameType, LINES_LAST } from "../../schema/protocol/Frame.ts"
import type { Member } from "./peer.ts"

/** All but the last frame. */
const MORE = Buffer.from([0])
const LAST = Buffer.from([LINES_LAST])

export class Histories {
  /** What is still to be sent. */
  private readonly under = new Map<Member, Array<Buffer>>()

  /** One at a time. */
  has(member: Member): boolean {
    return this.under.has(member)
  }

  send(member: Member, pieces: ReadonlyArray<Buffer>): void {
    this.under.set(member, pieces.length === 0 ? [Buffer.alloc(0)] : [...pieces])
    this.goOn(member)
  }

  /** It took what waited for it. */
  goOn(member: Member): void {
    while (this.next(member));
  }

  /** Nothing else will be sent to it: all of the rest at once. */
  finish(member: Member): void {
    while (this.has(member)) this.next(member)
  }

  forget(member: Member): void {
    this.under.delete(member)
  }

  /** False: hold back, or there is no more. */
  private next(member: Member): boolean {
    const pieces = this.under.get(member)
    const piece = pieces?.shift()
    if (pieces === undefined || piece === undefined) return false
    const isLast = pieces.length === 0
    if (isLast) this.under.delete(member)
    return member.connection.send(FrameType.lines, isLast ? LAST : MORE, piece) && !isLast
  }
}
