/** What the terminals of those who look are sent: output as it comes, and pictures of the screen. */
import { encodeOffset, FrameType, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { FlowControl } from "./flowControl.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"

/**
 * Longest frame of output that is sent again. Only whole frames count: on a line that is slow and dies often a long one
 * would be begun again and again.
 */
const AGAIN_BYTES = 16 * 1024

export class Broadcast {
  private readonly model: ScrollbackModel
  private readonly flow: FlowControl

  constructor(model: ScrollbackModel, flow: FlowControl) {
    this.model = model
    this.flow = flow
  }

  output(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(peer, offset, inFrames(parts))
  }

  /** Output that was missed. */
  again(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(peer, offset, inFrames(parts, AGAIN_BYTES))
  }

  restore(peer: Peer, history = true): void {
    this.send(peer, 0, this.model.restore({ history, ...sizeOf(peer) }))
  }

  /** Over what the terminal shows, where that can be done. */
  picture(peer: Peer, placed: boolean): void {
    const picture = this.model.picture({ placed, ...sizeOf(peer) })
    if (picture === undefined) this.restore(peer, false)
    else this.send(peer, RESTORE_OVER, picture)
  }

  private sendOutput(peer: Peer, offset: number, groups: ReadonlyArray<ReadonlyArray<Buffer>>): void {
    let at = offset
    for (const group of groups) {
      if (!peer.connection.send(FrameType.output, encodeOffset(at), ...group)) this.flow.hold(peer)
      at += bytesOf(group)
    }
  }

  private send(peer: Peer, flags: number, parts: ReadonlyArray<Buffer>): void {
    const groups = inFrames(parts)
    const offset = encodeOffset(this.model.offset())
    for (const [index, group] of (groups.length === 0 ? [[]] : groups).entries()) {
      const last = index >= groups.length - 1 ? RESTORE_LAST : 0
      const head = Buffer.from([flags | last])
      if (!peer.connection.send(FrameType.restore, offset, head, ...group)) this.flow.hold(peer)
    }
  }
}

const sizeOf = ({ size }: Peer) => size === undefined ? {} : { size }
