/** Finds our keys in the input, in each of the three ways in which terminals send them. */
import type { DetachKey } from "../../schema/DetachKey.ts"

/** Longest key report worth waiting for: kitty's with alternates, modifiers, event and a character of text. */
const MAX_REPORT = 48

const CTRL = 4
/** Caps Lock and Num Lock are reported as modifiers too (kitty keyboard protocol, "Modifiers"). */
const LOCKS = 64 | 128
/** Event type of a key release (the same, "Event types"). */
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

/** The result of a scan. */
export interface Scanned {
  /** Input for the session; bytes after the key are dropped. */
  readonly bytes: Buffer
  readonly detach: boolean
}

export class KeyScanner {
  private rest: Buffer = Buffer.alloc(0)
  private readonly keys: ReadonlyArray<DetachKey>

  constructor(keys: ReadonlyArray<DetachKey>) {
    this.keys = keys
  }

  /** Whether it holds back the beginning of a key report: call `flush` if nothing follows soon. */
  get holds(): boolean {
    return this.rest.length > 0
  }

  /** `more`: further keys to find in this chunk. */
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

  /** Returns what was held back. */
  flush(): Buffer {
    const rest = this.rest
    this.rest = Buffer.alloc(0)
    return rest
  }
}
