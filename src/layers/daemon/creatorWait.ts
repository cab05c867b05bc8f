/** The wait for a session's creator, which is about to attach and must get the output from its first byte. */
import type { FlowControl } from "./flowControl.ts"

/**
 * Output bytes before the creator has attached; then the program is paused. Less than what every scrollback holds raw.
 */
const MAX_BYTES = 1024 * 1024

/** How long the creator may take to attach; then the program goes on without it. */
const WAIT_MS = 10_000

/** How long the creator may still take once the session was killed: the client that kills waits for the end. */
const KILLED_WAIT_MS = 1000

export interface CreatorWaitOptions {
  /** The creator is about to attach. */
  readonly awaited: boolean
  readonly flowControl: FlowControl
  readonly after: (ms: number, run: () => void) => void
  /** The wait is over. Once, and only where there was one. */
  readonly onEnd: () => void
}

export class CreatorWait {
  private awaited: boolean
  private readonly options: CreatorWaitOptions

  constructor(options: CreatorWaitOptions) {
    this.options = options
    this.awaited = options.awaited
    if (options.awaited) options.after(WAIT_MS, () => this.end())
  }

  get isAwaited(): boolean {
    return this.awaited
  }

  /** Pauses the program at `offset` bytes of output if that is too much for the scrollback to hold. */
  onOutput(offset: number): void {
    if (this.awaited && offset >= MAX_BYTES) this.options.flowControl.awaitCreator()
  }

  /** The session was killed: its creator gets little time. */
  shorten(): void {
    this.options.after(KILLED_WAIT_MS, () => this.end())
  }

  /** The creator has attached, or took too long. */
  end(): void {
    if (!this.awaited) return
    this.awaited = false
    this.options.onEnd()
  }
}
