/**
 * Where a program's output ends. The stream itself may go on: a background job of a login script keeps it open for as
 * long as it runs.
 */

/** A byte that output hardly ever ends with (ASCII's record separator): so that hardly anything is held back. */
const FIRST = 0x1e

/** The exit code behind the mark: three digits and a line feed. */
const STATUS_BYTES = 4

/**
 * How long bytes are held back that may be the beginning of the mark, in milliseconds. It is written at once: only
 * where the host may send no more for now it comes in two parts.
 */
const HOLD_MS = 500

const NOTHING = Buffer.alloc(0)

/** What the command on the host prints at the end of its program, before the exit code (see `remoteCommand`). */
export const endMarkOf = (marker: string): Buffer => Buffer.from(`\u001e${marker} `)

/** Hands over what comes before the mark. Nothing that follows it is the program's. */
export class EndMark {
  private readonly mark: Buffer
  private readonly deliver: (bytes: Buffer) => void
  private readonly isOpen: () => boolean
  private held: Buffer = NOTHING
  private timer: NodeJS.Timeout | undefined
  /** The exit code, once the mark has come. */
  code: number | undefined

  /** `isOpen`: whether `deliver` may be called by itself. */
  constructor(mark: Buffer, deliver: (bytes: Buffer) => void, isOpen: () => boolean) {
    this.mark = mark
    this.deliver = deliver
    this.isOpen = isOpen
  }

  take(bytes: Buffer): void {
    if (this.code !== undefined) return
    clearTimeout(this.timer)
    const all = this.held.length === 0 ? bytes : Buffer.concat([this.held, bytes])
    const at = all.indexOf(this.mark)
    const end = at >= 0 ? at : all.length - this.partial(all)
    const rest = all.subarray(end)
    if (at >= 0 && rest.length >= this.mark.length + STATUS_BYTES) {
      this.code = Number(rest.toString("latin1", this.mark.length, this.mark.length + STATUS_BYTES))
    }
    this.held = this.code === undefined ? rest : NOTHING
    if (this.held.length > 0) this.wait()
    if (end > 0) this.deliver(all.subarray(0, end))
  }

  /** Nothing is delivered any more. */
  drop(): void {
    clearTimeout(this.timer)
    this.held = NOTHING
  }

  /** No mark follows: what was held back was output. */
  flush(): void {
    clearTimeout(this.timer)
    const { held } = this
    this.held = NOTHING
    if (held.length > 0) this.deliver(held)
  }

  private wait(): void {
    this.timer = setTimeout(() => this.isOpen() ? this.flush() : this.wait(), HOLD_MS)
  }

  /** How many bytes at the end may be the beginning of the mark. */
  private partial(bytes: Buffer): number {
    const tail = bytes.subarray(Math.max(0, bytes.length - this.mark.length + 1))
    const at = tail.lastIndexOf(FIRST)
    if (at < 0) return 0
    const length = tail.length - at
    return tail.subarray(at).equals(this.mark.subarray(0, length)) ? length : 0
  }
}
