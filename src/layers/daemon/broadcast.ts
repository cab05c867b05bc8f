/** What viewers' terminals are sent: output as it comes, and the screen. */
import { encodeOffset, FrameType, RESTORE_LAST, RESTORE_OVER } from "../../schema/protocol/Frame.ts"
import { HIGH_WATER_BYTES } from "../../services/Connection.ts"
import type { Picture, ScrollbackModel } from "../../services/Scrollback.ts"
import type { FlowControl } from "./flowControl.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"
import type { Unread } from "./unread.ts"

/**
 * Longest frame of output that is sent again. Only whole frames count: on a line that is slow and drops often, a long
 * frame would never get through.
 */
const RESEND_BYTES = 16 * 1024

/** A restore that is being made: until it is sent, output waits behind it. */
interface Restore {
  readonly history: boolean
  readonly held: Array<{ readonly offset: number; readonly parts: ReadonlyArray<Buffer> }>
  cancel: () => void
}

export class Broadcast {
  private readonly restores = new Map<Peer, Restore>()
  private readonly model: ScrollbackModel
  private readonly flowControl: FlowControl
  private readonly unread: Pick<Unread, "check">

  constructor(model: ScrollbackModel, flowControl: FlowControl, unread: Pick<Unread, "check">) {
    this.model = model
    this.flowControl = flowControl
    this.unread = unread
  }

  /** Live output. `offset`: of its first byte. */
  output(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    const restore = this.restores.get(peer)
    if (restore !== undefined) restore.held.push({ offset, parts })
    else this.sendOutput(peer, offset, inFrames(parts))
  }

  /** Output that a client missed while it was disconnected. */
  resend(peer: Peer, offset: number, parts: ReadonlyArray<Buffer>): void {
    this.sendOutput(peer, offset, inFrames(parts, RESEND_BYTES))
    this.unread.check()
  }

  /**
   * The whole screen, for a clean terminal. Takes the place of one that is still being made. A client that has too much
   * to read gets it later, and no output until then, unless it `isLast`.
   */
  restore(peer: Peer, history = true, isLast = false): void {
    if (!isLast && peer.connection.pending() > HIGH_WATER_BYTES) return this.flowControl.giveUp(peer)
    const withHistory = history || this.restores.get(peer)?.history === true
    this.begin(peer, { kind: "restore", history: withHistory, ...sizeOf(peer) }, 0)
  }

  /** The screen, over what the terminal shows; a restore where that cannot be done. See `ScrollbackModel.redraw`. */
  redraw(peer: Peer, placed: boolean): void {
    if (this.restores.has(peer)) this.restore(peer, false)
    else this.begin(peer, { kind: "redraw", placed, ...sizeOf(peer) }, RESTORE_OVER)
  }

  /** The client is gone. */
  cancel(peer: Peer): void {
    this.restores.get(peer)?.cancel()
    this.restores.delete(peer)
  }

  private begin(peer: Peer, picture: Picture, flags: number): void {
    const before = this.restores.get(peer)
    before?.cancel()
    const history = picture.kind === "restore" && picture.history
    const restore: Restore = { history, held: before?.held ?? [], cancel: () => {} }
    this.restores.set(peer, restore)
    restore.cancel = this.model.inSlices(picture, ({ bytes, offset }) => {
      if (this.restores.get(peer) !== restore) return
      if (bytes === undefined) return this.restore(peer, false)
      this.restores.delete(peer)
      // A client that lags gets another one when it has drained.
      if (peer.state !== "live") return
      this.sendRestore(peer, flags, bytes, offset)
      this.unread.check()
      for (const held of restore.held) {
        // What is in the restore already, a client leaves out.
        if (held.offset + bytesOf(held.parts) > offset) this.sendOutput(peer, held.offset, inFrames(held.parts))
      }
    })
  }

  private sendOutput(peer: Peer, offset: number, groups: ReadonlyArray<ReadonlyArray<Buffer>>): void {
    let at = offset
    for (const group of groups) {
      if (!peer.connection.send(FrameType.output, encodeOffset(at), ...group)) this.flowControl.pauseFor(peer)
      at += bytesOf(group)
    }
  }

  private sendRestore(peer: Peer, flags: number, parts: ReadonlyArray<Buffer>, at: number): void {
    const groups = inFrames(parts)
    const offset = encodeOffset(at)
    for (const [index, group] of (groups.length === 0 ? [[]] : groups).entries()) {
      const last = index >= groups.length - 1 ? RESTORE_LAST : 0
      const head = Buffer.from([flags | last])
      if (!peer.connection.send(FrameType.restore, offset, head, ...group)) this.flowControl.pauseFor(peer)
    }
  }
}

const sizeOf = ({ size }: Peer) => size === undefined ? {} : { size }
