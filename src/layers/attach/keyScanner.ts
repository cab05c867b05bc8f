/** Finds our keys in the input, in each of the ways in which terminals send them. A paste has none. */
import type { DetachKey } from "../../schema/DetachKey.ts"
import { InputScanner } from "../vt/inputScanner.ts"
import { isTyping } from "../vt/typing.ts"

/** Longest key report worth waiting for: kitty's with alternates, modifiers, event and a character of text. */
const MAX_REPORT = 48

/**
 * More text than this in one read was not typed: it is a paste on a terminal that does not mark pastes. People type
 * ten characters a second, and a link that is slow keeps a few seconds of that back.
 */
const MAX_TYPED = 64

const SHIFT = 1
const CTRL = 4
/** Caps Lock and Num Lock are reported as modifiers too (kitty keyboard protocol, "Modifiers"). */
const LOCKS = 64 | 128
/** Event type of a key release (the same, "Event types"). */
const RELEASE = 3

/** The beginning of a key report, from the two bytes on that Escape, or Alt with a bracket, have as well. */
const UNFINISHED = /^\x1b(\[[0-9:;]*)?$/
const UNFINISHED_REPORT = /^\x1b\[[0-9:;]+$/

/** Reported as the key that it is on, where a program does not ask for more: `_` is Shift with `-`. */
const UNSHIFTED: Readonly<Record<number, number>> = { 0x5f: 0x2d }

/** A key of ours: Ctrl with a character, or, plain, the character alone. */
export interface Key extends DetachKey {
  readonly isPlain?: true
}

/** What a terminal sends, and newer keyboard protocols report, for Enter. */
export const ENTER: Key = { byte: 0x0d, code: 0x0d, isPlain: true }

/**
 * Whether these modifiers, as reported, make of a character the key. Shift is a part of characters such as `_`: which
 * ones, the layout says. With letters it makes another key.
 */
const isHeld = ({ isPlain }: Key, modifiers: number | undefined, isShifted: boolean): boolean => {
  const held = (modifiers ?? 1) - 1 & ~LOCKS
  const wanted = isPlain === true ? 0 : CTRL
  return held === wanted || (isShifted && held === (wanted | SHIFT))
}

/**
 * `CSI code:shifted:base ; modifiers:event ; text u` and `CSI 27 ; modifiers ; code ~`, modifiers being 1 + bits; and
 * `CSI key ; place ; character ; is it down _` of Windows Terminal's win32-input-mode, with what the key types.
 */
const isReportOf = (wanted: Key, report: string): boolean => {
  const { byte, code: key } = wanted
  const [, parameters, final] = /^\x1b\[([0-9:;]*)([u~_])$/.exec(report) ?? []
  if (parameters === undefined) return false
  const [first = [], second = [], third = [], fourth = []] = parameters.split(";").map((parameter) =>
    parameter.split(":").map(Number)
  )
  if (final === "_") return third[0] === byte && fourth[0] === 1
  const isLetter = key >= 0x61 && key <= 0x7a
  const [modifiers, event] = second
  if (final === "~") return first[0] === 27 && third[0] === key && isHeld(wanted, modifiers, !isLetter)
  if (event === RELEASE) return false
  const [code = 0, shifted = 0, base = 0] = first
  if (code === key) return isHeld(wanted, modifiers, !isLetter)
  if (shifted !== 0 ? shifted === key : code === UNSHIFTED[key]) {
    return !isLetter && isHeld(wanted, modifiers, true) && !isHeld(wanted, modifiers, false)
  }
  // The place on the keyboard counts only where the layout has another script: on others, Ctrl with the character is
  // another key, such as the `a` of a French keyboard, which is where an English one has `q`.
  return code >= 0x80 && base === key && isHeld(wanted, modifiers, false)
}

/** The result of a scan. */
export interface Scanned {
  /** Input for the session; bytes after the key are dropped. */
  readonly bytes: Buffer
  /** The first of our keys; undefined: none came. */
  readonly key: Key | undefined
  /** A key was pressed, or a button of the mouse: not only reports and pastes came. */
  readonly isTyping: boolean
}

export interface KeyScannerOptions {
  /** Whether the terminal may report keys by sequences: then an Escape may be the first byte of ours. */
  readonly hasKeyReports?: () => boolean
  /** Called for each key and report, with its bytes. */
  readonly onSequence?: (bytes: Buffer, from: number, to: number) => void
}

export class KeyScanner {
  private rest: Buffer = Buffer.alloc(0)
  /** What is unfinished has waited too long to be a key, or was passed on. */
  private isExpired = false
  private readonly keys: ReadonlyArray<Key>
  private readonly options: KeyScannerOptions
  private readonly scanner: InputScanner

  /** Of the chunk that is scanned. */
  private wanted: ReadonlyArray<Key> = []
  private chunk: Buffer = Buffer.alloc(0)
  private textBytes = 0
  private typing = false
  /** Where keys were found: as bytes, and as reports. */
  private plainAt: Array<number> = []
  private reportAt = Number.POSITIVE_INFINITY
  private reported: Key | undefined

  constructor(keys: ReadonlyArray<Key>, options: KeyScannerOptions = {}) {
    this.keys = keys
    this.options = options
    this.scanner = new InputScanner({
      text: (bytes, from, to) => this.text(bytes, from, to),
      sequence: (bytes, from, to, start) => this.sequence(bytes, from, to, start),
      paste: () => {}
    })
  }

  /** Whether it holds back the beginning of a key report: call `flush` if nothing follows soon. */
  get holds(): boolean {
    return this.rest.length > 0
  }

  /** A paste has begun and not ended: until it has, no key is ours. */
  get isPasting(): boolean {
    return this.scanner.isPasting
  }

  /** `more`: further keys to find in this chunk. */
  push(chunk: Buffer, more: ReadonlyArray<Key> = []): Scanned {
    const held = this.rest
    this.rest = Buffer.alloc(0)
    this.wanted = more.length === 0 ? this.keys : [...this.keys, ...more]
    this.chunk = chunk
    this.textBytes = 0
    this.typing = false
    this.plainAt = []
    this.reportAt = Number.POSITIVE_INFINITY
    this.reported = undefined
    this.scanner.push(chunk)
    const plainAt = this.plainKey(chunk.length)
    const at = Math.min(plainAt, this.reportAt)
    const key = plainAt < this.reportAt ? this.wanted.find(({ byte }) => byte === chunk[plainAt]) : this.reported
    const bytes = held.length === 0 ? chunk : Buffer.concat([held, chunk])
    const end = key === undefined ? bytes.length - this.hold(bytes.length) : Math.max(0, held.length + at)
    return { bytes: bytes.subarray(0, end), key, isTyping: this.typing }
  }

  /** Returns what was held back. */
  flush(): Buffer {
    const { rest } = this
    this.rest = Buffer.alloc(0)
    this.isExpired = true
    return rest
  }

  /** Where a key is that came as a byte. In a paste without marks, only at its end: somebody typed it behind that. */
  private plainKey(length: number): number {
    const first = this.plainAt[0] ?? Number.POSITIVE_INFINITY
    if (this.textBytes <= MAX_TYPED) return first
    let at = length
    for (let index = this.plainAt.length - 1; index >= 0 && this.plainAt[index] === at - 1; index--) at--
    return at < length ? at : Number.POSITIVE_INFINITY
  }

  /** Holds back what may begin a key report, of `length` bytes that were not passed on; returns how many. */
  private hold(length: number): number {
    const { pending } = this.scanner
    const isNew = pending.length <= length
    if (isNew) this.isExpired = false
    const mayBegin = (this.options.hasKeyReports?.() ?? true) ? UNFINISHED : UNFINISHED_REPORT
    const isWorthwhile = this.wanted.length > 0 && !this.isExpired && pending.length < MAX_REPORT &&
      mayBegin.test(pending.toString("latin1"))
    if (!isWorthwhile) return 0
    this.rest = Buffer.from(pending.subarray(-length))
    return this.rest.length
  }

  private text(bytes: Buffer, from: number, to: number): void {
    this.typing = true
    this.textBytes += to - from
    if (bytes !== this.chunk) return
    for (const { byte } of this.wanted) {
      for (let at = bytes.indexOf(byte, from); at !== -1 && at < to; at = bytes.indexOf(byte, at + 1)) {
        this.plainAt.push(at)
      }
    }
    if (this.wanted.length > 1) this.plainAt.sort((one, other) => one - other)
  }

  private sequence(bytes: Buffer, from: number, to: number, start: number): void {
    this.options.onSequence?.(bytes, from, to)
    this.typing ||= !this.scanner.isPasting && isTyping(bytes, from, to)
    const isLate = start < 0 && this.isExpired
    if (this.reportAt !== Number.POSITIVE_INFINITY || isLate || to - from > MAX_REPORT) return
    const report = bytes.toString("latin1", from, to)
    this.reported = this.wanted.find((key) => isReportOf(key, report))
    if (this.reported !== undefined) this.reportAt = start
  }
}
