/** Input that the program has not read yet: in order, bounded by every client's window, and altogether. */
import type { PtyProcess } from "../../services/Pty.ts"
import { type ClientInput, INPUT_WINDOW_BYTES } from "./peer.ts"

/** Keys are merged into pieces up to this size, which take little more memory than their bytes. */
const MERGED_BYTES = 1024

/** What a piece takes beside its bytes. */
const PIECE_BYTES = 256

/** Most that the input of a client takes: what its windows allow, in pieces of 2 KiB. */
const MAX_CLIENT_BYTES = 2 * INPUT_WINDOW_BYTES + INPUT_WINDOW_BYTES / 4

/** Most input of all clients together: 16 pastes, each as long as a window. */
const MAX_BYTES = 16 * INPUT_WINDOW_BYTES

/** Most input of clients that are gone. They may come again, and then send again what was dropped. */
const MAX_LEFT_BYTES = 4 * INPUT_WINDOW_BYTES

interface Piece {
  readonly input: ClientInput
  bytes: Buffer
  /** Bytes of the client's input that these are what is left of. */
  length: number
}

export class InputQueue {
  private waiting: Array<Piece> = []
  private blocked = false
  /** What all of `waiting` takes. */
  private taken = 0
  /** Clients that are gone, and whose input waits, in the order in which they went. */
  private readonly left = new Set<ClientInput>()
  private readonly program: Pick<PtyProcess, "write">

  constructor(program: Pick<PtyProcess, "write">) {
    this.program = program
  }

  /** Whether there is room for so many bytes more of this client. A program that reads takes any. */
  hasRoom(input: ClientInput, bytes: number): boolean {
    if (!this.blocked) return true
    const more = bytes + PIECE_BYTES
    return takenBy(input) + more <= MAX_CLIENT_BYTES && this.taken + more <= MAX_BYTES
  }

  /** `length`: bytes of the client's input that these are what is left of. */
  push(input: ClientInput, bytes: Buffer, length = bytes.length): void {
    if (!this.blocked) return this.write(input, bytes, length)
    const last = this.waiting.at(-1)
    if (last?.input === input && last.bytes.length + bytes.length <= MERGED_BYTES) {
      last.bytes = Buffer.concat([last.bytes, bytes])
      last.length += length
      this.taken += length
      return
    }
    // A copy where the bytes would keep a much larger chunk.
    this.waiting.push({ input, bytes: bytes.length <= MERGED_BYTES ? Buffer.from(bytes) : bytes, length })
    input.pieces++
    this.taken += length + PIECE_BYTES
  }

  /** The daemon's own replies. A program that queries and does not read gets no more of them: they would pile up. */
  offer(bytes: Buffer): void {
    if (!this.blocked) this.blocked = !this.program.write(bytes)
  }

  /** The program takes input again. */
  drain(): void {
    this.blocked = false
    let done = 0
    while (!this.blocked && done < this.waiting.length) {
      const { bytes, input, length } = this.waiting[done++]!
      input.pieces--
      this.taken -= length + PIECE_BYTES
      this.write(input, bytes, length)
      if (input.queued === 0) this.left.delete(input)
    }
    this.waiting.splice(0, done)
  }

  /** The client is gone. Its input stays, as long as there is not too much of such input. */
  leave(input: ClientInput): void {
    if (input.pieces === 0) return
    this.left.add(input)
    let all = 0
    for (const one of this.left) all += takenBy(one)
    for (const oldest of this.left) {
      if (all <= MAX_LEFT_BYTES) return
      all -= takenBy(oldest)
      this.drop(oldest)
    }
  }

  /** The client is here again. */
  return(input: ClientInput): void {
    this.left.delete(input)
  }

  /** Takes back that the input was received. */
  private drop(input: ClientInput): void {
    this.left.delete(input)
    this.waiting = this.waiting.filter((piece) => piece.input !== input)
    this.taken -= takenBy(input)
    input.received -= input.queued
    input.queued = 0
    input.pieces = 0
  }

  private write(input: ClientInput, bytes: Buffer, length: number): void {
    if (bytes.length > 0) this.blocked = !this.program.write(bytes)
    input.queued -= length
    // On the client's connection of now: the bytes may have come on one that has died.
    input.peer?.acknowledge()
  }
}

/** What the client's waiting input takes. */
const takenBy = ({ pieces, queued }: ClientInput): number => queued + pieces * PIECE_BYTES
