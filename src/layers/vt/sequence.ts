/** Reads the parts of a control sequence. */

/** A CSI sequence: `CSI prefix parameters intermediate final`. */
export interface Csi {
  /** `<`, `=`, `>`, `?`, or 0. */
  readonly prefix: number
  /** One intermediate byte, or 0. Sequences with more have no meaning anywhere. */
  readonly intermediate: number
  readonly final: number
  /** A missing parameter is -1. Of subparameters, only the first. */
  readonly params: ReadonlyArray<number>
}

/** Larger than any parameter that means something; terminals cap theirs at 2^31 or less. */
const MAX_PARAM = 2 ** 31 - 1

/** Most parameters of a sequence: xterm takes 30 (NPARAM), xterm.js 32. */
const MAX_PARAMS = 32

/** Undefined when it is not a CSI sequence that a terminal would obey. Skips control characters inside it. */
export const parseCsi = (bytes: Buffer, from: number, to: number): Csi | undefined => {
  let prefix = 0
  let intermediate = 0
  let value = -1
  let sub = false
  const params: Array<number> = []
  for (let at = from + 2; at < to - 1; at++) {
    const byte = bytes[at]!
    if (byte < 0x20 || byte === 0x7f) continue
    if (byte < 0x30) {
      if (intermediate !== 0) return undefined
      intermediate = byte
    } else if (intermediate !== 0) {
      return undefined
    } else if (byte <= 0x39) {
      if (!sub) value = Math.min(MAX_PARAM, Math.max(0, value) * 10 + byte - 0x30)
    } else if (byte === 0x3a) {
      sub = true
    } else if (byte === 0x3b) {
      if (params.push(value) > MAX_PARAMS) return undefined
      value = -1
      sub = false
    } else if (prefix === 0 && params.length === 0 && value === -1 && !sub) {
      prefix = byte
    } else {
      return undefined
    }
  }
  if (value !== -1 || params.length > 0) params.push(value)
  return params.length > MAX_PARAMS ? undefined : { prefix, intermediate, final: bytes[to - 1]!, params }
}

/** The text of an OSC sequence, without its introducer and its BEL. Skips control characters in it, as terminals do. */
export const oscText = (bytes: Buffer, from: number, to: number): string =>
  bytes.toString("utf8", from + 2, to).replaceAll(/[\0-\x1f]/g, "")
