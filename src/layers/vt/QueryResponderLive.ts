import * as Layer from "effect/Layer"
import { type Filtered, QueryResponder, type QueryTarget, type Responder } from "../../services/QueryResponder.ts"
import type { TerminalReport } from "../../services/Scrollback.ts"
import { isQuery, mayBeQuery } from "./queries.ts"
import { isLasting, repliedKind, repliesTo } from "./queryReplies.ts"
import { VtScanner } from "./scanner.ts"

/** How long a query is pending: a terminal that has not replied by then will not. */
const REPLY_TIMEOUT_MS = 2000

/** Most pending queries: a program that sends more does not read the replies. */
const MAX_PENDING = 64

/** Most bytes of replies to one batch of output: far more than all colours. A program gets no more at once. */
const MAX_REPLY_BYTES = 32 * 1024

/** Most replies remembered: more than there are colours and device reports. */
const MAX_REMEMBERED = 300

/**
 * The queries that every terminal replies to, so that programs wait for the reply. Many terminals ignore the others: a
 * reply that is late cannot be told from one that will never come, and a reply of the daemon's would be typed into a
 * program that no longer expects it.
 */
const REPLIED_BY_ALL = new Set(["DA1", "DSR", "CPR"])

const CAN = 0x18
const ENQ = 0x05
const BACKSLASH = 0x5c
const NOTHING = Buffer.alloc(0)

interface PendingQuery {
  readonly kind: string
  readonly reply: string
  readonly until: number
}

interface Options {
  readonly report: () => TerminalReport
  readonly rows: () => number
  readonly now: () => number
}

class LiveResponder implements Responder {
  private readonly options: Options
  private readonly remembered = new Map<string, string>()
  private pending: Array<PendingQuery> = []
  private target: QueryTarget = "none"
  private replies = ""
  /** The chunk that is scanned, and its copy once something in it is blanked. */
  private chunk: Buffer = NOTHING
  private blanked: Buffer | undefined
  /** The chunk contains ENQ. */
  private hasEnq = false
  /** Bytes of a sequence that began in earlier chunks. */
  private earlierBytes = 0
  /** The ESC of a terminator was replaced by CAN: its backslash must be blanked too. */
  private danglingBackslash = false
  private readonly output: VtScanner
  private readonly input: VtScanner

  constructor(options: Options) {
    this.options = options
    this.output = new VtScanner({
      text: (bytes, from, to) => this.text(bytes, from, to),
      sequence: (bytes, from, to) => this.sequence(bytes, from, to)
    })
    this.input = new VtScanner({
      text: () => {},
      sequence: (bytes, from, to) => this.typedSequence(bytes, from, to)
    })
  }

  filter(batch: ReadonlyArray<Buffer>, target: QueryTarget): Filtered {
    this.target = target
    this.replies = ""
    let others: Array<Buffer> | undefined
    for (const [index, chunk] of batch.entries()) {
      this.chunk = chunk
      this.hasEnq = chunk.includes(ENQ)
      this.blanked = undefined
      this.earlierBytes = this.output.pendingBytes
      this.output.push(chunk)
      if (this.blanked !== undefined) {
        others ??= [...batch]
        others[index] = this.blanked
      }
    }
    this.chunk = NOTHING
    this.blanked = undefined
    return {
      forPrimary: batch,
      forOthers: others ?? batch,
      replies: this.replies === "" ? NOTHING : Buffer.from(this.replies, "latin1")
    }
  }

  typed(bytes: Buffer): void {
    if (this.pending.length > 0) this.input.push(bytes)
  }

  pendingReplies(): Buffer {
    const now = this.options.now()
    const replies = this.pending
      .filter(({ kind, until }) => until > now && REPLIED_BY_ALL.has(kind))
      .map(({ reply }) => reply).join("")
    this.pending = []
    return Buffer.from(replies, "latin1")
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
    if (!mayBeQuery(bytes, from, to) || !isQuery(bytes.subarray(from, to))) return
    this.addQuery(bytes, from, to)
    if (whole) return this.blank(from, to)
    // It began in an earlier chunk, which was sent: CAN in the rest of it makes a terminal forget it.
    const end = this.end(bytes, to)
    if (end > 0) this.blank(0, end, CAN)
    else {
      this.blank(0, 1, CAN)
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
    this.blanked ??= Buffer.from(this.chunk)
    this.blanked.write(String(rows).padStart(end - from - 2, "0"), from + 2, "latin1")
  }

  private blank(from: number, to: number, first = 0): void {
    this.blanked ??= Buffer.from(this.chunk)
    this.blanked.fill(0, from, to)
    if (first !== 0) this.blanked[from] = first
  }

  private addQuery(bytes: Buffer, from: number, to: number): void {
    if (this.replies.length >= MAX_REPLY_BYTES) return
    const queries = repliesTo(bytes, from, to, this.options.report())
    for (const { kind, reply } of queries) {
      const known = isLasting(kind) ? this.remembered.get(kind) ?? reply : reply
      if (this.target === "none") this.replies += known
      else {
        this.pending.push({ kind, reply: known, until: this.options.now() + REPLY_TIMEOUT_MS })
        if (this.pending.length > MAX_PENDING) this.pending.shift()
      }
    }
  }

  private typedSequence(bytes: Buffer, from: number, to: number): void {
    const kind = repliedKind(bytes, from, to)
    if (kind === undefined) return
    const index = this.pending.findIndex((query) => query.kind === kind)
    if (index === -1) return
    // Terminals reply in order: earlier queries will get no reply any more.
    this.pending.splice(0, index + 1)
    if (!isLasting(kind) || this.remembered.size >= MAX_REMEMBERED) return
    const reply = bytes.toString("latin1", from, to)
    const terminated = bytes[from + 1] === 0x5b || reply.endsWith("\x07") ? reply : `${reply}\x1b\\`
    this.remembered.set(kind, terminated)
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
