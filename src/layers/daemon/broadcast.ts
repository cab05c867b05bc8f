/** What the terminals of those who look are sent: output as it comes, and pictures of the screen. */
import { encodeOffset, FrameType, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Flow } from "./flowControl.ts"
import { bytesOf, grouped } from "./frameSized.ts"
import type { Member } from "./peer.ts"

/**
 * Longest frame of output that is sent again. Only whole frames count: on a line that is slow and dies often a long one
 * would be begun again and again.
 */
const AGAIN_BYTES = 16 * 1024

export class Screens {
  private readonly model: ScrollbackModel
  private readonly flow: Flow

  constructor(model: ScrollbackModel, flow: Flow) {
    this.model = model
    this.flow = flow
  }

  output(member: Member, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(member, offset, grouped(parts))
  }

  /** Output that was missed. */
  again(member: Member, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(member, offset, grouped(parts, AGAIN_BYTES))
  }

  restore(member: Member, history = true): void {
    this.send(member, 0, this.model.restore({ history, ...sizeOf(member) }))
  }

  /** Over what the terminal shows, where that can be done. */
  picture(member: Member, placed: boolean): void {
    const picture = this.model.picture({ placed, ...sizeOf(member) })
    if (picture === undefined) this.restore(member, false)
    else this.send(member, RESTORE_OVER, picture)
  }

  private sendOutput(member: Member, offset: number, groups: ReadonlyArray<ReadonlyArray<Buffer>>): void {
    let at = offset
    for (const group of groups) {
      if (!member.connection.send(FrameType.output, encodeOffset(at), ...group)) this.flow.hold(member)
      at += bytesOf(group)
    }
  }

  private send(member: Member, flags: number, parts: ReadonlyArray<Buffer>): void {
    const groups = grouped(parts)
    const offset = encodeOffset(this.model.offset())
    for (const [index, group] of (groups.length === 0 ? [[]] : groups).entries()) {
      const last = index >= groups.length - 1 ? RESTORE_LAST : 0
      const head = Buffer.from([flags | last])
      if (!member.connection.send(FrameType.restore, offset, head, ...group)) this.flow.hold(member)
    }
  }
}

const sizeOf = ({ size }: Member) => size === undefined ? {} : { size }
