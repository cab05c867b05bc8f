/**
 * Tracks what a program has changed about its terminal, from the bytes that it writes: all that the screen's contents
 * do not show. Cheap enough for live output: skips text, and knows a colour by one byte.
 */
import { rowsOfCsi, rowsOfEscape } from "./effort.ts"
import { Keyboards, type Screen } from "./keyboards.ts"
import { setLimited } from "./limitedMap.ts"
import { MAX_OSC_BYTES, OscState } from "./oscState.ts"
import { isQuery, mayBeQuery } from "./queries.ts"
import { VtScanner } from "./scanner.ts"
import { type Csi, oscText, parseCsi } from "./sequence.ts"

/** The alternate screen's switches (xterm ctlseqs, DECSET). */
const ALTERNATE = new Set([47, 1047, 1049])

/** Mouse protocols. One is on at a time: setting one replaces it, resetting any switches it off (xterm, charproc.c). */
const MOUSE = new Set([9, 1000, 1001, 1002, 1003])

/** Encodings of mouse reports. One is on at a time; only its own reset switches it off. */
const MOUSE_ENCODING = new Set([1005, 1006, 1015, 1016])

/** DEC private modes that are on at the start. */
export const ON_BY_DEFAULT: ReadonlySet<number> = new Set([7, 8, 25, 1035, 1036])

/** win32-input-mode: Windows Terminal reports each key as a sequence, and its release. */
const WIN32_INPUT = 9001

/** Modes by which a terminal reports focus, theme, size and keys. */
const REPORTING = [1004, 2031, 2048, WIN32_INPUT]

/** The modes that DECSTR resets (xterm ctlseqs; as xterm.js does it). */
const SOFT_RESET = [1, 6, 7, 25, 45, 66, 1004, 2004, 2026]

/** See above. One tracker for each stream. */
export class ModeTracker {
  /** DEC private modes as last set; mouse, alternate screen and keypad apart. */
  readonly modes = new Map<number, boolean>()
  /** ANSI modes as last set: 4 insert, 20 line feed. */
  readonly ansi = new Map<number, boolean>()
  /** The mouse protocol that is on, or 0. */
  mouse = 0
  mouseEncoding = 0
  /** The mode that switched to the alternate screen, or 0 on the main screen. */
  alternate = 0
  readonly keyboards = new Keyboards()
  readonly osc = new OscState()
  /** DECSCUSR; 0 is the terminal's own. */
  cursorShape = 0
  /** A scroll region was set on a screen. */
  readonly region: Record<Screen, boolean> = { main: false, alternate: false }
  /** Designators of G0 to G3 that are not US-ASCII, such as `(0`. */
  readonly charsets = new Map<string, string>()
  /** The cursor is in the first column, as far as one can tell. */
  lineStart = true
  /** Rows that the sequences so far may have written: what they ask of a terminal model. */
  effort = 0

  private rows: number
  /** Reports were on, now or at some time since `wasReporting`. */
  private hasReported = false
  private readonly saved = new Map<number, boolean>()
  private readonly scanner: VtScanner
  private readonly onQuery: ((bytes: Buffer, from: number, to: number) => void) | undefined

  /** `onQuery`: called for each sequence that makes a terminal answer. */
  constructor(rows: number, onQuery?: (bytes: Buffer, from: number, to: number) => void) {
    this.rows = rows
    this.onQuery = onQuery
    this.scanner = new VtScanner({
      text: (bytes, _, to) => {
        const last = bytes[to - 1]!
        this.lineStart = last === 0x0a || last === 0x0d
      },
      sequence: (bytes, from, to) => this.sequence(bytes, from, to),
      overlong: (beginning) => {
        if (beginning[1] === 0x5d) this.sequence(beginning, 0, beginning.length)
      }
    })
  }

  get screen(): Screen {
    return this.alternate === 0 ? "main" : "alternate"
  }

  get keypad(): boolean {
    return this.modes.get(66) === true
  }

  /** No sequence has begun. */
  get grounded(): boolean {
    return this.scanner.grounded
  }

  /** A sequence that has begun and not ended. */
  get pending(): Buffer {
    return this.scanner.pending
  }

  /** Bytes of that sequence. */
  get pendingBytes(): number {
    return this.scanner.pendingBytes
  }

  push(bytes: Buffer): void {
    this.scanner.push(bytes)
  }

  /** True if the terminal has reported, or reports, since the last call: a program may switch it off soon. */
  wasReporting(): boolean {
    const was = this.hasReported || this.isReporting
    this.hasReported = this.isReporting
    return was
  }

  /** The terminal reports by itself what its user does: by keys' own sequences, the mouse, focus, theme or size. */
  private get isReporting(): boolean {
    const { alternate, main } = this.keyboards
    return this.mouse !== 0 || main.at(-1) !== 0 || alternate.at(-1) !== 0 ||
      REPORTING.some((mode) => this.modes.get(mode) === true)
  }

  /** Keys come as sequences: in kitty's protocol, under modifyOtherKeys, or in win32-input-mode. */
  get hasKeyReports(): boolean {
    const { alternate, main, resources } = this.keyboards
    return main.at(-1) !== 0 || alternate.at(-1) !== 0 || resources.has(4) || this.modes.get(WIN32_INPUT) === true
  }

  /** A resize ends scroll regions. */
  resize(rows: number): void {
    this.rows = rows
    this.region.main = false
    this.region.alternate = false
  }

  /** Whether a DEC private mode is on, for DECRQM. Undefined for a mode that is not known. */
  mode(mode: number): boolean | undefined {
    if (MOUSE.has(mode)) return this.mouse === mode
    if (MOUSE_ENCODING.has(mode)) return this.mouseEncoding === mode
    if (ALTERNATE.has(mode)) return this.alternate !== 0
    const set = this.modes.get(mode)
    if (set !== undefined) return set
    return ON_BY_DEFAULT.has(mode) ? true : KNOWN.has(mode) ? false : undefined
  }

  /** The same for ANSI modes, of which insert (4) and line feed (20) are known. */
  ansiMode(mode: number): boolean | undefined {
    return this.ansi.get(mode) ?? (mode === 4 || mode === 20 ? false : undefined)
  }

  private sequence(bytes: Buffer, from: number, to: number): void {
    if (this.onQuery !== undefined && mayBeQuery(bytes, from, to) && isQuery(bytes.subarray(from, to))) {
      this.onQuery(bytes, from, to)
    }
    switch (bytes[from + 1]) {
      case 0x5b: {
        const final = bytes[to - 1]!
        // SGR is by far the most frequent and changes no mode; `CSI > m` is not SGR.
        if (final === 0x6d && bytes[from + 2] !== 0x3e) return
        const csi = parseCsi(bytes, from, to)
        // xterm.js obeys sequences with more parameters.
        this.effort += csi === undefined ? this.rows : rowsOfCsi(csi, this.rows)
        return csi === undefined ? undefined : this.csi(csi)
      }
      case 0x5d:
        if (to - from > MAX_OSC_BYTES) return this.osc.applyCut(oscText(bytes, from, from + MAX_OSC_BYTES))
        return this.osc.apply(oscText(bytes, from, to))
      default:
        return this.escape(bytes.toString("latin1", from + 1, Math.min(to, from + 4)))
    }
  }

  private escape(text: string): void {
    this.effort += rowsOfEscape(text, this.rows)
    if (text === "=") this.modes.set(66, true)
    else if (text === ">") this.modes.set(66, false)
    else if (text === "c") this.reset()
    else if (text === "%@" || text === "%G") this.charsets.delete("(")
    else if (/^[()*+\-.]./.test(text)) {
      if (text[1] === "B" && text.length === 2) this.charsets.delete(text[0]!)
      else this.charsets.set(text[0]!, text)
    }
  }

  private csi(csi: Csi): void {
    const { final, intermediate, params, prefix } = csi
    const first = params[0] ?? -1
    switch (prefix << 16 | intermediate << 8 | final) {
      // CSI ? h, CSI ? l
      case 0x3f0068:
      case 0x3f006c:
        for (const mode of params) this.setMode(mode, final === 0x68)
        return
      case 0x68:
      case 0x6c:
        for (const mode of params) if (mode >= 0) setLimited(this.ansi, mode, final === 0x68)
        return
      // CSI ? s, CSI ? r: XTSAVE, XTRESTORE
      case 0x3f0073:
        for (const mode of params) setLimited(this.saved, mode, this.mode(mode) ?? false)
        return
      case 0x3f0072:
        for (const mode of params) this.setMode(mode, this.saved.get(mode) ?? ON_BY_DEFAULT.has(mode))
        return
      // CSI r: DECSTBM
      case 0x72: {
        const top = Math.max(1, first)
        const bottom = params[1] !== undefined && params[1] > 0 ? Math.min(params[1], this.rows) : this.rows
        if (top < bottom) this.region[this.screen] = top > 1 || bottom < this.rows
        this.lineStart = false
        return
      }
      // CSI SP q: DECSCUSR
      case 0x2071:
        if (first <= 6) this.cursorShape = first === -1 ? 1 : first
        return
      // CSI ! p: DECSTR
      case 0x2170:
        return this.softReset()
      // CSI > m: XTMODKEYS
      case 0x3e006d:
        return this.keyboards.setResource(first, params[1] ?? -1)
      // CSI > n: resets a resource of XTMODKEYS
      case 0x3e006e:
        return this.keyboards.setResource(first === -1 ? 2 : first, -1)
      case 0x3e0075:
        this.hasReported = true
        return this.keyboards.push(this.screen, Math.max(0, first))
      case 0x3c0075:
        return this.keyboards.pop(this.screen, first > 0 ? first : 1)
      case 0x3d0075:
        return this.keyboards.set(this.screen, Math.max(0, first), params[1] ?? 1)
      // CSI t: 22 and 23 push and pop titles (XTWINOPS)
      case 0x74:
        if (first === 22) this.osc.pushTitle(params[1] ?? 0)
        else if (first === 23) this.osc.popTitle(params[1] ?? 0)
        return
      default:
        // Cursor movements, but not erasing.
        if (prefix === 0 && intermediate === 0 && (final <= 0x48 || final === 0x64 || final === 0x66)) {
          this.lineStart = false
        }
    }
  }

  private setMode(mode: number, on: boolean): void {
    if (on && (MOUSE.has(mode) || REPORTING.includes(mode))) this.hasReported = true
    if (ALTERNATE.has(mode)) {
      if (on && this.alternate === 0) this.alternate = mode
      else if (!on) this.alternate = 0
      this.lineStart = false
    } else if (MOUSE.has(mode)) this.mouse = on ? mode : 0
    else if (MOUSE_ENCODING.has(mode)) {
      this.mouseEncoding = on
        ? mode
        : this.mouseEncoding === mode
        ? 0
        : this.mouseEncoding
    } // 1048 saves the cursor; 2 and 3 (VT52, DECCOLM) hardly any terminal obeys.
    else if (mode > 3 || mode === 1) {
      if (mode !== 1048) setLimited(this.modes, mode, on)
    }
  }

  private softReset(): void {
    for (const mode of SOFT_RESET) this.modes.delete(mode)
    this.ansi.delete(4)
    this.region[this.screen] = false
    this.charsets.clear()
    this.cursorShape = 0
  }

  /** RIS. Titles, the directory and colours stay. */
  private reset(): void {
    this.modes.clear()
    this.ansi.clear()
    this.saved.clear()
    this.charsets.clear()
    this.mouse = 0
    this.mouseEncoding = 0
    this.alternate = 0
    this.keyboards.reset()
    this.cursorShape = 0
    this.region.main = false
    this.region.alternate = false
    this.osc.link = undefined
    this.lineStart = true
  }
}

/** DEC private modes that are known, and off at the start. */
const KNOWN = new Set([1, 5, 6, 12, 45, 66, 69, 1004, 1007, 2004, 2026, 2027, 2031, 2048])
