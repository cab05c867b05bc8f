/** Queries that went to one client's terminal, and that client's input, in which the replies come. */
import type { Typed } from "../../services/QueryResponder.ts"
import { InputScanner } from "./inputScanner.ts"
import { repliedKind } from "./queryReplies.ts"
import { isTyping } from "./typing.ts"

/** How long a query is pending: a terminal that has not replied by then will not. */
const REPLY_TIMEOUT_MS = 2000

/** How long a reply may still come that is too late, once the client is heard of again. */
const LATE_MS = 5000

/** Most pending queries, or twice as many for a while: a program that sends more does not read the replies. */
const MAX_PENDING = 64

/** Most queries that the daemon has replied to, and a terminal may still: those of minutes. Half a megabyte. */
const MAX_LATE = 4096

/** Longest beginning of a reply that is kept back until the rest has come. */
const MAX_KEPT = 256

/**
 * The queries that every terminal replies to, so that programs wait for the reply. Many terminals ignore the others: a
 * reply that is late cannot be told from one that will never come, and a reply of the daemon's would be typed into a
 * program that no longer expects it.
 */
const REPLIED_BY_ALL = new Set(["DA1", "DSR", "CPR"])

const BEL = 0x07
const NOTHING = Buffer.alloc(0)

/** The beginning of a reply, beyond what keys begin with. */
const REPLY_BEGINNING = /^\x1b(?:\[[?>0-9][0-9;?>$]*|\][0-9lL]|P[0-9>!])/

interface PendingQuery {
  readonly kind: string
  readonly reply: string
  readonly at: number
  /** The daemon has replied: the terminal's reply, if it still comes, is for nobody. */
  replied: boolean
  /** When it no longer comes; unknown while nothing is heard of the client. */
  until: number
}

/** A reply of a terminal, with its terminator. */
export type OnReply = (kind: string, reply: string) => void

export class PendingQueries {
  private pending: Array<PendingQuery> = []
  /** How many of them nobody has replied to. */
  private waiting = 0
  private readonly onReply: OnReply
  /** Of the chunk that is looked through. */
  private typing = false
  private hasReply = false
  private dropped: Array<readonly [from: number, to: number]> = []
  /** A string was dropped up to the ESC of its terminator. */
  private isTerminatorDropped = false
  /** The beginning of a reply, which was not passed on. */
  private kept: Buffer = NOTHING

  private readonly input = new InputScanner({
    text: () => {
      this.typing = true
      this.isTerminatorDropped = false
    },
    sequence: (bytes, from, to, start) => this.sequence(bytes, from, to, start),
    paste: () => {
      this.typing = true
    }
  })

  constructor(onReply: OnReply) {
    this.onReply = onReply
  }

  add(query: Omit<PendingQuery, "until">): void {
    this.pending.push({ ...query, until: Number.POSITIVE_INFINITY })
    if (query.replied) {
      if (this.pending.length > MAX_LATE) this.pending.shift()
    } else if (++this.waiting >= 2 * MAX_PENDING) {
      // Many at once, as each time takes as long as all are many.
      let surplus = this.waiting - MAX_PENDING
      this.keep(this.pending.filter(({ replied }) => replied || surplus-- <= 0))
    }
  }

  /** Takes the queries of another one. */
  take(other: PendingQueries): void {
    this.keep([...this.pending, ...other.pending])
    other.keep([])
  }

  /** Looks through input. */
  typed(chunk: Buffer, now: number): Typed {
    this.typing = false
    this.hasReply = false
    this.dropped = []
    this.expire(now)
    const { kept } = this
    this.kept = NOTHING
    this.input.push(chunk)
    return {
      bytes: this.passed(kept, chunk),
      isTyping: this.typing,
      hasReply: this.hasReply,
      isPasting: this.input.isPasting
    }
  }

  /** The daemon's replies; see `Responder.pendingReplies`. */
  replies(now: number, all: boolean): string {
    let replies = ""
    for (const query of this.pending) {
      if (query.replied || now - query.at >= REPLY_TIMEOUT_MS) continue
      if (!all && !REPLIED_BY_ALL.has(query.kind)) continue
      replies += query.reply
      query.replied = true
    }
    const late = this.pending.filter(({ replied }) => replied)
    // A client that has left is remembered, as a thousand others are: it may come back, but not with replies for all.
    this.keep(all ? late : late.slice(-MAX_PENDING))
    return replies
  }

  waitingMs(now: number): { readonly any: number; readonly sure: number } | undefined {
    const waiting = this.pending.filter(({ at, replied }) => !replied && now - at < REPLY_TIMEOUT_MS)
    if (waiting.length === 0) return undefined
    const sure = waiting.find(({ kind }) => REPLIED_BY_ALL.has(kind))
    return { any: now - waiting[0]!.at, sure: sure === undefined ? 0 : now - sure.at }
  }

  private expire(now: number): void {
    if (this.pending.length === 0) return
    for (const query of this.pending) {
      if (query.replied && query.until === Number.POSITIVE_INFINITY) query.until = now + LATE_MS
    }
    this.keep(this.pending.filter(({ until }) => until > now))
  }

  private keep(pending: Array<PendingQuery>): void {
    this.pending = pending
    this.waiting = pending.reduce((sum, { replied }) => replied ? sum : sum + 1, 0)
  }

  private sequence(bytes: Buffer, from: number, to: number, start: number): void {
    const isTerminator = bytes[from + 1] === 0x5c && to - from === 2
    if (isTerminator && this.isTerminatorDropped) this.dropped.push([start, start + to - from])
    this.isTerminatorDropped = false
    if (isTyping(bytes, from, to)) {
      this.typing = true
      return
    }
    const kind = this.pending.length === 0 ? undefined : repliedKind(bytes, from, to)
    if (kind === undefined) return
    const index = this.pending.findIndex((query) => query.kind === kind)
    if (index === -1) return
    this.hasReply = true
    // Terminals reply in order: earlier queries will get no reply any more.
    const { replied } = this.pending[index]!
    this.keep(this.pending.slice(index + 1))
    const isString = bytes[from + 1] !== 0x5b
    const isWhole = !isString || bytes[to - 1] === BEL
    const text = bytes.toString("latin1", from, to)
    this.onReply(kind, isWhole ? text : `${text}\x1b\\`)
    if (!replied) return
    this.dropped.push([start, start + to - from])
    this.isTerminatorDropped = !isWhole
  }

  /** What of the input is for the program: all but late replies, and the beginning of one. */
  private passed(kept: Buffer, chunk: Buffer): Buffer {
    const { pending } = this.input
    const isReplyBegun = this.pending.some(({ replied }) => replied) && pending.length <= MAX_KEPT &&
      REPLY_BEGINNING.test(pending.toString("latin1"))
    const mayKeep = isReplyBegun || (this.isTerminatorDropped && pending.length === 1)
    if (kept.length === 0 && this.dropped.length === 0 && !mayKeep) return chunk
    const bytes = kept.length === 0 ? chunk : Buffer.concat([kept, chunk])
    const parts: Array<Buffer> = []
    let at = 0
    for (const [from, to] of this.dropped) {
      parts.push(bytes.subarray(at, Math.max(at, from + kept.length)))
      at = Math.max(at, to + kept.length)
    }
    const end = mayKeep ? Math.max(at, bytes.length - pending.length) : bytes.length
    parts.push(bytes.subarray(at, end))
    this.kept = Buffer.from(bytes.subarray(end))
    return Buffer.concat(parts)
  }
}
