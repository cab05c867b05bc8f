import * as Layer from "effect/Layer"
import {
  type Filtered,
  type FilterOptions,
  type QueryClient,
  QueryResponder,
  type QueryTarget,
  type Responder,
  type Typed
} from "../../services/QueryResponder.ts"
import type { TerminalReport } from "../../services/Scrollback.ts"
import { PendingQueries } from "./pendingQueries.ts"
import { inBandSizes, isQuery, mayBeQuery } from "./queries.ts"
import { isLasting, repliesTo } from "./queryReplies.ts"
import { VtScanner } from "./scanner.ts"

/** Most bytes of replies to one batch of output: far more than all colours. A program gets no more at once. */
const MAX_REPLY_BYTES = 32 * 1024

/** Most queries of one batch of output that are replied to: four for each colour. A reply takes 20 microseconds. */
const MAX_QUERIES = 1024

/** Most replies remembered: more than there are colours and device reports. */
const MAX_REMEMBERED = 300

/** DECRPM of mode 2048: not recognized. */
const IN_BAND_SIZE_UNKNOWN = "\x1b[?2048;0$y"

const CAN = 0x18
const ENQ = 0x05
const BACKSLASH = 0x5c
const NOTHING = Buffer.alloc(0)

interface Options {
  readonly report: () => TerminalReport
  readonly rows: () => number
  readonly now: () => number
}

class LiveResponder implements Responder {
  private readonly options: Options
  private readonly remembered = new Map<string, string>()
  private readonly clients = new WeakMap<QueryClient, PendingQueries>()
  /** Of a client that has not come yet. */
  private readonly unknown: QueryClient = {}
  private target: QueryTarget = "none"
  private pending = this.of(this.unknown)
  private isInItsPlace = false
  private upTo: (bytes: number) => void = () => {}
  private replies = ""
  private queries = 0
  /** The chunk that is scanned, where it begins in its batch, and its copies once something in it is blanked. */
  private chunk: Buffer = NOTHING
  private chunkAt = 0
  private blanked: Buffer | undefined
  private blankedForAll: Buffer | undefined
  /** The chunk contains ENQ. */
  private hasEnq = false
  /** Bytes of a sequence that began in earlier chunks. */
  private earlierBytes = 0
  /** The ESC of a terminator was replaced by CAN: its backslash must be blanked too. */
  private danglingBackslash = false
  private readonly output: VtScanner

  constructor(options: Options) {
    this.options = options
    this.output = new VtScanner({
      text: (bytes, from, to) => this.text(bytes, from, to),
      sequence: (bytes, from, to) => this.sequence(bytes, from, to)
    })
  }

  filter(batch: ReadonlyArray<Buffer>, target: QueryTarget, options: FilterOptions = {}): Filtered {
    this.target = target
    this.pending = this.of(options.client ?? this.unknown)
    this.upTo = options.upTo ?? (() => {})
    this.isInItsPlace = options.inItsPlace === true
    this.replies = ""
    this.queries = 0
    this.chunkAt = 0
    let others: Array<Buffer> | undefined
    let primary: Array<Buffer> | undefined
    for (const [index, chunk] of batch.entries()) {
      this.chunk = chunk
      this.hasEnq = chunk.includes(ENQ)
      this.blanked = undefined
      this.blankedForAll = undefined
      this.earlierBytes = this.output.pendingBytes
      this.output.push(chunk)
      this.chunkAt += chunk.length
      if (this.blanked !== undefined) {
        others ??= [...batch]
        others[index] = this.blanked
      }
      if (this.blankedForAll !== undefined) {
        primary ??= [...batch]
        primary[index] = this.blankedForAll
      }
    }
    this.chunk = NOTHING
    this.blanked = undefined
    this.blankedForAll = undefined
    const forOthers = others ?? batch
    return {
      forPrimary: target === "none" ? forOthers : primary ?? batch,
      forOthers,
      replies: this.replies === "" ? NOTHING : Buffer.from(this.replies, "latin1")
    }
  }

  typed(bytes: Buffer, client: QueryClient = this.unknown): Typed {
    return this.of(client).typed(bytes, this.options.now())
  }

  pendingReplies(client: QueryClient = this.unknown, all = false): Buffer {
    return Buffer.from(this.of(client).replies(this.options.now(), all), "latin1")
  }

  pendingMs(client: QueryClient = this.unknown) {
    return this.of(client).waitingMs(this.options.now())
  }

  handOver(client: QueryClient): void {
    this.of(client).take(this.of(this.unknown))
  }

  private of(client: QueryClient): PendingQueries {
    let queries = this.clients.get(client)
    if (queries === undefined) {
      queries = new PendingQueries((kind, reply) => this.remember(kind, reply))
      this.clients.set(client, queries)
    }
    return queries
  }

  private text(bytes: Buffer, from: number, to: number): void {
    this.danglingBackslash = false
    if (!this.hasEnq) return
    // ENQ queries the answerback message, which is empty as a rule.
    for (let at = from; at < to; at++) if (bytes[at] === ENQ) this.blank(at, at + 1)
  }

  private sequence(bytes: Buffer, from: number, to: number): void {
    const whole = bytes === this.chunk
    if (this.danglingBackslash) {
      this.danglingBackslash = false
      const end = this.end(bytes, to)
      if (to - from === 2 && bytes[from + 1] === BACKSLASH) return this.blank(end - 1, end)
    }
    if (whole && setsRow(bytes, from, to)) return this.limitRow(bytes, from)
    const sizes = inBandSizes(bytes, from, to)
    if (sizes !== undefined) return this.inBandSize(bytes, from, to, sizes)
    if (!mayBeQuery(bytes, from, to) || !isQuery(bytes.subarray(from, to))) return
    this.addQuery(bytes, from, to)
    this.blankSequence(bytes, from, to)
  }

  /** In-band sizes: asked for them, the daemon says that there are none. No terminal is told to send them. */
  private inBandSize(bytes: Buffer, from: number, to: number, digits: number): void {
    const isQuery = bytes[to - 1] === 0x70
    if (isQuery) this.replies += IN_BAND_SIZE_UNKNOWN
    if (isQuery || bytes !== this.chunk) return this.blankSequence(bytes, from, to, true)
    // Other modes may be set with it: 0 is one that no terminal knows.
    this.change((chunk) => chunk.fill(0x30, digits, digits + 4), true)
  }

  private blankSequence(bytes: Buffer, from: number, to: number, forAll = false): void {
    if (bytes === this.chunk) return this.blank(from, to, 0, forAll)
    // It began in an earlier chunk, which was sent: CAN in the rest of it makes a terminal forget it.
    const end = this.end(bytes, to)
    if (end > 0) this.blank(0, end, CAN, forAll)
    else {
      this.blank(0, 1, CAN, forAll)
      this.danglingBackslash = true
    }
  }

  /** Where a sequence ends in this chunk, also one that began in an earlier chunk. */
  private end(bytes: Buffer, to: number): number {
    if (bytes === this.chunk) return to
    return to - this.earlierBytes
  }

  /** Replaces a row below the last by the last; leading zeros keep the length. */
  private limitRow(bytes: Buffer, from: number): void {
    let end = from + 2
    let row = 0
    for (; isDigit(bytes[end]!); end++) row = row * 10 + bytes[end]! - 0x30
    const rows = this.options.rows()
    if (row <= rows) return
    this.change((chunk) => chunk.write(String(rows).padStart(end - from - 2, "0"), from + 2, "latin1"))
  }

  private blank(from: number, to: number, first = 0, forAll = false): void {
    this.change((chunk) => {
      chunk.fill(0, from, to)
      if (first !== 0) chunk[from] = first
    }, forAll)
  }

  /** Changes the chunk as others get it, or all. */
  private change(act: (chunk: Buffer) => void, forAll = false): void {
    this.blanked ??= Buffer.from(this.chunk)
    act(this.blanked)
    if (!forAll) return
    this.blankedForAll ??= Buffer.from(this.chunk)
    act(this.blankedForAll)
  }

  private addQuery(bytes: Buffer, from: number, to: number): void {
    if (this.replies.length >= MAX_REPLY_BYTES || this.queries >= MAX_QUERIES) return
    const queries = repliesTo(bytes, from, to, () => {
      this.upTo(this.chunkAt + this.end(bytes, to))
      return this.options.report()
    })
    this.queries += Math.max(1, queries.length)
    for (const { kind, reply } of queries) {
      const known = isLasting(kind) ? this.remembered.get(kind) ?? reply : reply
      const isOurs = this.target === "none" || this.isInItsPlace
      if (isOurs) this.replies += known
      if (this.target === "primary") this.pending.add({ kind, reply: known, at: this.options.now(), replied: isOurs })
    }
  }

  private remember(kind: string, reply: string): void {
    if (isLasting(kind) && this.remembered.size < MAX_REMEMBERED) this.remembered.set(kind, reply)
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** CUP, HVP, VPA: their first parameter is a row. */
const setsRow = (bytes: Buffer, from: number, to: number): boolean => {
  const final = bytes[to - 1]!
  return bytes[from + 1] === 0x5b && (final === 0x48 || final === 0x66 || final === 0x64)
}

/** Only the primary client's terminal replies; the daemon does when no client is attached. */
export const layer: Layer.Layer<QueryResponder> = Layer.succeed(QueryResponder, {
  make: (options) => new LiveResponder(options)
})
