/** Output that came in one tick, sent together: one frame for each client. Callbacks: this is the byte path. */
import type { Filtered } from "../../services/QueryResponder.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Broadcast } from "./broadcast.ts"
import { bytesOf } from "./frameSized.ts"
import type { Peers } from "./peers.ts"

/** Output of one tick is sent once it has this many bytes, so that frames stay small. */
const BATCH_BYTES = 256 * 1024

export interface OutputBatchOptions {
  readonly model: Pick<ScrollbackModel, "offset">
  readonly peers: Peers
  readonly broadcast: Broadcast
  /** Output is being sent. */
  readonly onFlush: () => void
}

export class OutputBatch {
  private forPrimary: Array<Buffer> = []
  private forOthers: Array<Buffer> = []
  private bytes = 0
  private readonly options: OutputBatchOptions

  constructor(options: OutputBatchOptions) {
    this.options = options
  }

  /** Takes output that the model has got already. To be flushed before another client becomes primary. */
  push({ forOthers, forPrimary }: Pick<Filtered, "forOthers" | "forPrimary">): void {
    if (this.bytes === 0) setImmediate(() => this.flush())
    this.forPrimary.push(...forPrimary)
    this.forOthers.push(...forOthers)
    this.bytes += bytesOf(forOthers)
    if (this.bytes >= BATCH_BYTES) this.flush()
  }

  /** Sends the output since the last flush. */
  flush(): void {
    if (this.bytes === 0) return
    const { forOthers, forPrimary } = this
    const { broadcast, model, onFlush, peers } = this.options
    const offset = model.offset() - this.bytes
    this.forPrimary = []
    this.forOthers = []
    this.bytes = 0
    onFlush()
    for (const peer of peers.list()) {
      if (peer.state !== "live" || !peer.seesOutput) continue
      broadcast.output(peer, offset, peer === peers.primary ? forPrimary : forOthers)
    }
  }
}
