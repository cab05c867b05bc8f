/** Finds keys of ours in what is typed, in each of the three ways in which terminals send them. */
import type { DetachKey } from "../../schema/DetachKey.ts"

/** Longest key report worth waiting for: kitty's with alternates, modifiers, event and a character of text. */
const MAX_REPORT = 48

const CTRL = 4
/** Caps Lock and Num Lock are reported as modifiers too (kitty keyboard protocol, "Modifiers"). */
const LOCKS = 64 | 128
/** Event type of a key that is let go (the same, "Event types"). */
const RELEASE = 3

const UNFINISHED = /^\x1b(\[[0-9:;]*)?$/

/** `CSI code:alternates ; modifiers:event ; text u` and `CSI 27 ; modifiers ; code ~`, modifiers being 1 + bits. */
const isReportOf = (code: number, report: string): boolean => {
  const [, parameters, final] = /^\x1b\[([0-9:;]*)([u~])$/.exec(report) ?? []
  if (parameters === undefined) return false
  const [first, second, third] = parameters.split(";").map((parameter) => parameter.split(":").map(Number))
  const isCtrl = (modifiers: number | undefined) => ((modifiers ?? 1) - 1 & ~LOCKS) === CTRL
  if (final === "u") return first?.[0] === code && isCtrl(second?.[0]) && second?.[1] !== RELEASE
  return first?.[0] === 27 && isCtrl(second?.[0]) && third?.[0] === code
}

/** What became of some bytes. */
export interface Scanned {
  /** To be typed; what followed the key is dropped. */
  readonly bytes: Buffer
  readonly detach: boolean
}

export class KeyScanner {
  private rest: Buffer = Buffer.alloc(0)
  private readonly keys: ReadonlyArray<DetachKey>

  constructor(keys: ReadonlyArray<DetachKey>) {
    this.keys = keys
  }

  /** True when the beginning of a key report is held back: call `flush` if nothing follows soon. */
  get holds(): boolean {
    return this.rest.length > 0
  }

  /** `more`: keys that count now, beside the usual ones. */
  push(chunk: Buffer, more: ReadonlyArray<DetachKey> = []): Scanned {
    const keys = more.length === 0 ? this.keys : [...this.keys, ...more]
    if (keys.length === 0) return { bytes: Buffer.concat([this.flush(), chunk]), detach: false }
    const bytes = this.rest.length === 0 ? chunk : Buffer.concat([this.rest, chunk])
    this.rest = Buffer.alloc(0)
    const limit = keys.reduce((first, { byte }) => {
      const at = bytes.indexOf(byte)
      return at === -1 ? first : Math.min(first, at)
    }, bytes.length)
    for (let at = bytes.indexOf(0x1b); at !== -1 && at < limit; at = bytes.indexOf(0x1b, at + 1)) {
      const ahead = bytes.toString("latin1", at, Math.min(bytes.length, at + MAX_REPORT))
      if (at + ahead.length === bytes.length && UNFINISHED.test(ahead) && ahead.length < MAX_REPORT) {
        this.rest = Buffer.from(bytes.subarray(at))
        return { bytes: bytes.subarray(0, at), detach: false }
      }
      const end = ahead.search(/[u~]/)
      const report = ahead.slice(0, end + 1)
      if (end !== -1 && keys.some(({ code }) => isReportOf(code, report))) {
        return { bytes: bytes.subarray(0, at), detach: true }
      }
    }
    return { bytes: bytes.subarray(0, limit), detach: limit < bytes.length }
  }

  /** Gives up what was held back. */
  flush(): Buffer {
    const rest = this.rest
    this.rest = Buffer.alloc(0)
    return rest
  }
}
