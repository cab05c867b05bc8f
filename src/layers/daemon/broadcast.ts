/** What viewers' terminals are sent: output as it comes, and the screen. */
import { encodeOffset, FrameType, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { FlowControl } from "./flowControl.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"

/**
 * Longest frame of output that is sent again. Only whole frames count: on a line that is slow and drops often, a long
 * frame would never get through.
 */
const RESEND_BYTES = 16 * 1024

export class Broadcast {
  private readonly model: ScrollbackModel
  private readonly flowControl: FlowControl

  constructor(model: ScrollbackModel, flowControl: FlowControl) {
    this.model = model
    this.flowControl = flowControl
  }

  /** Live output. `offset`: of its first byte. */
  output(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(peer, offset, inFrames(parts))
  }

  /** Output that a client missed while it was disconnected. */
  resend(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(peer, offset, inFrames(parts, RESEND_BYTES))
  }

  /** The whole screen, for a clean terminal. */
  restore(peer: Peer, history = true): void {
    this.sendRestore(peer, 0, this.model.restore({ history, ...sizeOf(peer) }))
  }

  /** The screen, over what the terminal shows; a restore where that cannot be done. See `ScrollbackModel.redraw`. */
  redraw(peer: Peer, placed: boolean): void {
    const screen = this.model.redraw({ placed, ...sizeOf(peer) })
    if (screen === undefined) this.restore(peer, false)
    else this.sendRestore(peer, RESTORE_OVER, screen)
  }

  private sendOutput(peer: Peer, offset: number, groups: ReadonlyArray<ReadonlyArray<Buffer>>): void {
    let at = offset
    for (const group of groups) {
      if (!peer.connection.send(FrameType.output, encodeOffset(at), ...group)) this.flowControl.pauseFor(peer)
      at += bytesOf(group)
    }
  }

  private sendRestore(peer: Peer, flags: number, parts: ReadonlyArray<Buffer>): void {
    const groups = inFrames(parts)
    const offset = encodeOffset(this.model.offset())
    for (const [index, group] of (groups.length === 0 ? [[]] : groups).entries()) {
      const last = index >= groups.length - 1 ? RESTORE_LAST : 0
      const head = Buffer.from([flags | last])
      if (!peer.connection.send(FrameType.restore, offset, head, ...group)) this.flowControl.pauseFor(peer)
    }
  }
}

const sizeOf = ({ size }: Peer) => size === undefined ? {} : { size }
