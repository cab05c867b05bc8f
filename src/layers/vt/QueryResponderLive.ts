import * as Layer from "effect/Layer"
import { type Audience, type Filtered, QueryResponder, type Responder } from "../../services/QueryResponder.ts"
import type { TerminalReport } from "../../services/Scrollback.ts"
import { isQuery } from "./queries.ts"
import { answered, answersTo, lasting } from "./queryAnswers.ts"
import { VtScanner } from "./scanner.ts"

/** A query is waited for so long; who has not answered by then will not. */
const WAIT_MS = 2000

/** Queries waited for at once; a program that asks more does not listen. */
const MAX_WAITING = 64

/** Answers remembered; more than there are colours and devices. */
const MAX_KEPT = 300

/**
 * What every terminal answers and programs wait for. With anything else they have to cope with silence, and silence is how
 * many a terminal answers it: what is owed cannot be told from what will never come, and must not be typed into whatever
 * reads by then.
 */
const ANSWERED_BY_ALL = new Set(["DA1", "DSR", "CPR"])

const CAN = 0x18
const ENQ = 0x05
const BACKSLASH = 0x5c
const NOTHING = Buffer.alloc(0)

interface Waiting {
  readonly kind: string
  readonly answer: string
  readonly until: number
}

interface Options {
  readonly report: () => TerminalReport
  readonly rows: () => number
  readonly now: () => number
}

class LiveResponder implements Responder {
  private readonly options: Options
  private readonly kept = new Map<string, string>()
  private waiting: Array<Waiting> = []
  private audience: Audience = "nobody"
  private answers = ""
  /** The chunk that is looked at, and its copy once something in it is struck out. */
  private chunk: Buffer = NOTHING
  private struck: Buffer | undefined
  /** The chunk contains ENQ. */
  private enquired = false
  /** Bytes of a sequence that began in earlier chunks. */
  private heldBefore = 0
  /** The ESC of a terminator has become CAN: its backslash goes too. */
  private dangling = false
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
      sequence: (bytes, from, to) => this.heard(bytes, from, to)
    })
  }

  filter(batch: ReadonlyArray<Buffer>, audience: Audience): Filtered {
    this.audience = audience
    this.answers = ""
    let others: Array<Buffer> | undefined
    for (const [index, chunk] of batch.entries()) {
      this.chunk = chunk
      this.enquired = chunk.includes(ENQ)
      this.struck = undefined
      this.heldBefore = this.output.held
      this.output.push(chunk)
      if (this.struck !== undefined) {
        others ??= [...batch]
        others[index] = this.struck
      }
    }
    this.chunk = NOTHING
    this.struck = undefined
    return {
      forPrimary: batch,
      forOthers: others ?? batch,
      answers: this.answers === "" ? NOTHING : Buffer.from(this.answers, "latin1")
    }
  }

  typed(bytes: Buffer): void {
    if (this.waiting.length > 0) this.input.push(bytes)
  }

  abandoned(): Buffer {
    const now = this.options.now()
    const owed = this.waiting
      .filter(({ kind, until }) => until > now && ANSWERED_BY_ALL.has(kind))
      .map(({ answer }) => answer).join("")
    this.waiting = []
    return Buffer.from(owed, "latin1")
  }

  private text(bytes: Buffer, from: number, to: number): void {
    this.dangling = false
    if (!this.enquired) return
    // ENQ asks for the answerback message, which is empty as a rule.
    for (let at = bytes.indexOf(ENQ, from); at !== -1 && at < to; at = bytes.indexOf(ENQ, at + 1)) {
      this.strike(at, at + 1)
    }
  }

  private sequence(bytes: Buffer, from: number, to: number): void {
    const whole = bytes === this.chunk
    if (this.dangling) {
      this.dangling = false
      const end = this.end(bytes, to)
      if (to - from === 2 && bytes[from + 1] === BACKSLASH) return this.strike(end - 1, end)
    }
    if (whole && placesCursor(bytes, from, to)) return this.confine(bytes, from)
    if (!mayAsk(bytes, from, to) || !isQuery(bytes.subarray(from, to))) return
    this.ask(bytes, from, to)
    if (whole) return this.strike(from, to)
    // It began in an earlier chunk, which has gone out: CAN in what is left of it makes a terminal forget it.
    const end = this.end(bytes, to)
    if (end > 0) this.strike(0, end, CAN)
    else {
      this.strike(0, 1, CAN)
      this.dangling = true
    }
  }

  /** Where a sequence that began in an earlier chunk ends in this one. */
  private end(bytes: Buffer, to: number): number {
    if (bytes === this.chunk) return to
    return to - this.heldBefore
  }

  /** Makes a row below the last the last; zeros in front keep the length. */
  private confine(bytes: Buffer, from: number): void {
    let end = from + 2
    let row = 0
    for (; isDigit(bytes[end]!); end++) row = row * 10 + bytes[end]! - 0x30
    const rows = this.options.rows()
    if (row <= rows) return
    this.struck ??= Buffer.from(this.chunk)
    this.struck.write(String(rows).padStart(end - from - 2, "0"), from + 2, "latin1")
  }

  private strike(from: number, to: number, first = 0): void {
    this.struck ??= Buffer.from(this.chunk)
    this.struck.fill(0, from, to)
    if (first !== 0) this.struck[from] = first
  }

  private ask(bytes: Buffer, from: number, to: number): void {
    const queries = answersTo(bytes, from, to, this.options.report())
    for (const { answer, kind } of queries) {
      const known = lasting(kind) ? this.kept.get(kind) ?? answer : answer
      if (this.audience === "nobody") this.answers += known
      else {
        this.waiting.push({ kind, answer: known, until: this.options.now() + WAIT_MS })
        if (this.waiting.length > MAX_WAITING) this.waiting.shift()
      }
    }
  }

  private heard(bytes: Buffer, from: number, to: number): void {
    const kind = answered(bytes, from, to)
    if (kind === undefined) return
    const index = this.waiting.findIndex((waiting) => waiting.kind === kind)
    if (index === -1) return
    // Terminals answer in order: what was asked before will not be answered any more.
    this.waiting.splice(0, index + 1)
    if (!lasting(kind) || this.kept.size >= MAX_KEPT) return
    const answer = bytes.toString("latin1", from, to)
    const terminated = bytes[from + 1] === 0x5b || answer.endsWith("\x07") ? answer : `${answer}\x1b\\`
    this.kept.set(kind, terminated)
  }
}

const isDigit = (byte: number): boolean => byte >= 0x30 && byte <= 0x39

/** CUP, HVP, VPA: their first parameter is a row. */
const placesCursor = (bytes: Buffer, from: number, to: number): boolean => {
  const final = bytes[to - 1]!
  return bytes[from + 1] === 0x5b && (final === 0x48 || final === 0x66 || final === 0x64)
}

/** Told by one byte, for most: colours and cursor movements ask nothing. */
const mayAsk = (bytes: Buffer, from: number, to: number): boolean => {
  if (bytes[from + 1] !== 0x5b) return true
  const final = bytes[to - 1]!
  return final === 0x63 || final >= 0x6e || (final === 0x6d && bytes[from + 2] === 0x3f) || final === 0x53
}

/** The primary client's terminal answers; nobody else's; and the daemon when nobody is there. */
export const layer: Layer.Layer<QueryResponder> = Layer.succeed(QueryResponder, {
  make: (options) => new LiveResponder(options)
})
