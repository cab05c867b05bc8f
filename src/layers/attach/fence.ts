/**
 * When a terminal has said all that it was asked, and reports nothing more: then what follows is for the next program.
 * A fence is a last question; its answer comes behind everything else.
 */
import { parseCsi } from "../vt/sequence.ts"

/** DSR 5, and its answer: every terminal knows it (ECMA-48, DSR). */
const FENCE = Buffer.from("\x1b[5n")
const NOTHING = Buffer.alloc(0)

/** Answers that come later than this no longer come: twice the round trip of a satellite, and much. */
const MAX_MS = 3000

/**
 * How long to wait where no answer has told yet how far away the terminal is: longer than the round trip of nearly all
 * lines, as what comes later is typed into the next program.
 */
const UNKNOWN_MS = 1500

/** How long to wait for a terminal that does not answer: reports of its mouse may be on their way. */
const MUTE_MS = 60

/** A terminal that has left a query without an answer for this long answers none. */
const ANSWER_MS = 1500

/** How much longer than the last answer the next one may take: lines vary, above all slow ones. */
const PATIENCE = 3
const MIN_MS = 100

/** Most queries whose times are kept. */
const MAX_TIMES = 64

/** What a query is, of those that every terminal answers. */
type Kind = "attributes" | "status" | "cursor"

const askedBy = (bytes: Buffer, from: number, to: number): Kind | undefined => {
  const final = bytes[to - 1]
  if (bytes[from + 1] !== 0x5b || (final !== 0x63 && final !== 0x6e)) return undefined
  const csi = parseCsi(bytes, from, to)
  if (csi === undefined || csi.intermediate !== 0 || csi.prefix !== 0) return undefined
  const first = csi.params[0] ?? 0
  if (final === 0x63) return first <= 0 ? "attributes" : undefined
  return first === 5 ? "status" : first === 6 ? "cursor" : undefined
}

const answeredBy = (bytes: Buffer, from: number, to: number): Kind | undefined => {
  if (bytes[from + 1] !== 0x5b) return undefined
  switch (bytes[to - 1]) {
    case 0x63:
      return bytes[from + 2] === 0x3f ? "attributes" : undefined
    case 0x6e:
      return to - from === 4 && (bytes[from + 2] === 0x30 || bytes[from + 2] === 0x33) ? "status" : undefined
    case 0x52:
      return bytes[from + 2] !== 0x3f ? "cursor" : undefined
    default:
      return undefined
  }
}

/** Queries of a kind, which a terminal answers in their order. */
class Unanswered {
  private times: Array<number> = []
  /** Later queries, whose times are not kept. */
  private more = 0

  get count(): number {
    return this.times.length + this.more
  }

  get oldest(): number | undefined {
    return this.times[0]
  }

  ask(now: number): void {
    if (this.more === 0 && this.times.length < MAX_TIMES) this.times.push(now)
    else this.more++
  }

  /** When the answered query was asked, if that is known. */
  answer(): number | undefined {
    if (this.times.length > 0) return this.times.shift()
    if (this.more > 0) this.more--
    return undefined
  }
}

export class Fence {
  private readonly unanswered: Record<Kind, Unanswered> = {
    attributes: new Unanswered(),
    status: new Unanswered(),
    cursor: new Unanswered()
  }
  /** When the terminal was last asked something, or was told to report something. */
  private lastMs = Number.NEGATIVE_INFINITY
  private latencyMs: number | undefined
  /** Answers to DSR 5 up to the fence's own; undefined before there is a fence. */
  private left: number | undefined
  private readonly now: () => number

  /** `now`: in milliseconds. */
  constructor(now: () => number) {
    this.now = now
  }

  /** Something on the terminal's screen makes it answer. */
  onQuery(bytes: Buffer, from: number, to: number): void {
    const now = this.now()
    this.lastMs = now
    const kind = askedBy(bytes, from, to)
    if (kind !== undefined) this.unanswered[kind].ask(now)
  }

  /** The terminal has been told to report what the user does. */
  onReporting(): void {
    this.lastMs = this.now()
  }

  /** A sequence that came from the terminal. */
  onSequence(bytes: Buffer, from: number, to: number): void {
    const kind = answeredBy(bytes, from, to)
    if (kind === undefined) return
    if (kind === "status" && this.left !== undefined) this.left--
    const asked = this.unanswered[kind].answer()
    // The slowest one counts, and is forgotten slowly.
    if (asked !== undefined) this.latencyMs = Math.max(this.now() - asked, (this.latencyMs ?? 0) * 0.9)
  }

  /** What to ask the terminal last; empty where nothing can be on its way. */
  begin(): Buffer {
    if (this.now() - this.lastMs > MAX_MS && Object.values(this.unanswered).every(({ count }) => count === 0)) {
      return NOTHING
    }
    this.left = this.unanswered.status.count + 1
    return FENCE
  }

  /** Asks once more: the answer may have come where it was not seen. */
  again(): Buffer {
    this.left = 1
    return FENCE
  }

  /** The fence's answer has come, or none is due. */
  get isPassed(): boolean {
    return (this.left ?? 0) <= 0
  }

  /** How long to wait for it, from its `begin`. Grows when an answer tells that the terminal is farther away. */
  get patienceMs(): number {
    if (this.latencyMs !== undefined) return Math.min(MAX_MS, MIN_MS + PATIENCE * this.latencyMs)
    const now = this.now()
    const isMute = Object.values(this.unanswered).some(({ oldest }) => oldest !== undefined && now - oldest > ANSWER_MS)
    return isMute ? MUTE_MS : UNKNOWN_MS
  }
}
