/** Output that came in one tick, sent together: one frame for each client. Callbacks: this is the byte path. */
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Broadcast } from "./broadcast.ts"
import type { Peers } from "./peers.ts"
import type { QueryRouting } from "./queryRouting.ts"

/** Output of one tick is sent once it has this many bytes, so that frames stay small. */
const BATCH_BYTES = 256 * 1024

export interface OutputBatchOptions {
  readonly model: Pick<ScrollbackModel, "offset">
  readonly peers: Peers
  readonly broadcast: Broadcast
  readonly queryRouting: QueryRouting
  /** The creator is about to attach: it gets everything raw, and its terminal replies. */
  readonly isCreatorAwaited: () => boolean
  /** Output is being sent. */
  readonly onFlush: () => void
}

export class OutputBatch {
  private parts: Array<Buffer> = []
  private bytes = 0
  private readonly options: OutputBatchOptions

  constructor(options: OutputBatchOptions) {
    this.options = options
  }

  /** Takes output that the model has got already. */
  push(part: Buffer): void {
    if (this.bytes === 0) setImmediate(() => this.flush())
    this.parts.push(part)
    this.bytes += part.length
    if (this.bytes >= BATCH_BYTES) this.flush()
  }

  /** Sends the output since the last flush. */
  flush(): void {
    if (this.bytes === 0) return
    const { broadcast, isCreatorAwaited, model, onFlush, peers, queryRouting } = this.options
    const isHeard = peers.primary !== undefined || isCreatorAwaited()
    const { forOthers, forPrimary, replies } = queryRouting.filter(this.parts, isHeard)
    const offset = model.offset() - this.bytes
    this.parts = []
    this.bytes = 0
    onFlush()
    for (const peer of peers.list()) {
      if (peer.state !== "live" || !peer.seesOutput) continue
      broadcast.output(peer, offset, peer === peers.primary ? forPrimary : forOthers)
    }
    queryRouting.sendReplies(replies)
  }
}
