/** A program's output within a limit: keeps the `first` bytes and the `last` bytes, whatever the program sends. */
export class BoundedBytes {
  private readonly head: Array<Buffer> = []
  private tail: Array<Buffer> = []
  private headRoom: number
  private tailBytes = 0
  private readonly last: number
  private cut = false

  constructor({ first = 0, last = 0 }: { readonly first?: number; readonly last?: number }) {
    this.headRoom = first
    this.last = last
  }

  /** Keeps the buffer without a copy: do not change it afterwards. */
  add(bytes: Buffer): void {
    const begin = bytes.subarray(0, this.headRoom)
    if (begin.length > 0) this.head.push(begin)
    this.headRoom -= begin.length
    const rest = bytes.subarray(begin.length)
    if (rest.length === 0) return
    this.tail.push(rest)
    this.tailBytes += rest.length
    if (this.tailBytes > this.last) this.cut = true
    // Not at every call, because it copies.
    if (this.tailBytes > 2 * this.last) {
      this.tail = this.last === 0 ? [] : [Buffer.concat(this.tail).subarray(-this.last)]
      this.tailBytes = this.last
    }
  }

  /** Whether all bytes were kept. */
  get isWhole(): boolean {
    return !this.cut
  }

  /** The bytes kept so far. */
  get bytes(): Buffer {
    const tail = Buffer.concat(this.tail)
    return Buffer.concat([...this.head, this.cut ? tail.subarray(tail.length - this.last) : tail])
  }
}
