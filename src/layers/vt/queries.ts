/** The sequences that make a terminal reply, as if the user typed: replayed, they would type garbage into the shell. */

/** By their final bytes. */
const csiQueries: ReadonlyMap<number, ReadonlyArray<RegExp>> = new Map(
  Object.entries({
    // DA1, DA2, DA3
    c: [/^\x1b\[[>=]?[0-9;]*c$/],
    // XTVERSION
    q: [/^\x1b\[>[0-9;]*q$/],
    // DSR and DECXCPR
    n: [/^\x1b\[\??[0-9;]*n$/],
    // DECRQM
    p: [/^\x1b\[\??[0-9;]*\$p$/],
    // DECREQTPARM
    x: [/^\x1b\[[01]?x$/],
    // Kitty keyboard, DECRQUPSS, DECRQTSR
    u: [/^\x1b\[\?u$/, /^\x1b\[&u$/, /^\x1b\[[0-9;]*\$u$/],
    // modifyOtherKeys
    m: [/^\x1b\[\?[0-9;]*m$/],
    // XTSMGRAPHICS
    S: [/^\x1b\[\?[0-9;]*S$/],
    // DECRQCRA
    y: [/^\x1b\[[0-9;]*\*y$/],
    // DECRQPSR
    w: [/^\x1b\[[0-9;]*\$w$/],
    // XTWINOPS reports
    t: [/^\x1b\[(11|13|14|15|16|18|19|20|21)(;[0-9]*)*t$/]
  }).map(([final, queries]) => [final.charCodeAt(0), queries])
)

/** Longest beginning of a sequence that is looked at. */
const LOOKED_AT_BYTES = 4096

const textOf = (sequence: Buffer): string => sequence.toString("latin1", 0, LOOKED_AT_BYTES)

/** Looks at one or two bytes only: colours and cursor movements are no queries. */
export const mayBeQuery = (bytes: Buffer, from: number, to: number): boolean => {
  if (bytes[from + 1] !== 0x5b) return true
  const final = bytes[to - 1]!
  return final === 0x63 || final >= 0x6e || (final === 0x6d && bytes[from + 2] === 0x3f) || final === 0x53
}

/** True for a query. `sequence`: from its ESC to its last byte. */
export const isQuery = (sequence: Buffer): boolean => {
  switch (sequence[1]) {
    // DECID
    case 0x5a:
      return true
    case 0x5b: {
      const queries = csiQueries.get(sequence[sequence.length - 1]!)
      if (queries === undefined) return false
      const text = textOf(sequence)
      return queries.some((query) => query.test(text))
    }
    case 0x5d: {
      const text = textOf(sequence)
      // OSC colour, palette, font and clipboard requests; iTerm2's reports
      return /^\x1b\](4|5|1[0-9]|2[12]|50|52|60|61);(.*;)?\?/s.test(text) ||
        /^\x1b\]1337;(Report|RequestUpload)/.test(text)
    }
    case 0x50:
      // DECRQSS, XTGETTCAP
      return /^\x1bP[0-9;]*[$+]q/.test(textOf(sequence))
    case 0x5f:
      // kitty graphics: a terminal may reply to all but a transmission that is marked quiet
      return sequence[2] === 0x47
    default:
      return false
  }
}

/** 2048. */
const IN_BAND_SIZE = Buffer.from("2048")

/**
 * Where the mode of in-band sizes is set, reset or asked for (`CSI ? 2048 h`, `l`, `$ p`; other modes may stand beside
 * it): the index of its digits. Undefined for all other sequences.
 */
export const inBandSizes = (bytes: Buffer, from: number, to: number): number | undefined => {
  const final = bytes[to - 1]
  if (bytes[from + 1] !== 0x5b || bytes[from + 2] !== 0x3f) return undefined
  if (final !== 0x68 && final !== 0x6c && !(final === 0x70 && bytes[to - 2] === 0x24)) return undefined
  const isDigit = (byte: number) => byte >= 0x30 && byte <= 0x39
  // Not by `indexOf`, which would look through the rest of the chunk for each sequence.
  for (let at = from + 3; at + IN_BAND_SIZE.length < to; at++) {
    if (isDigit(bytes[at - 1]!) || isDigit(bytes[at + IN_BAND_SIZE.length]!)) continue
    if (IN_BAND_SIZE.every((digit, index) => bytes[at + index] === digit)) return at
  }
  return undefined
}

/** True for a sequence that must not be replayed: clipboard writes, notifications. */
export const isOneTime = (sequence: Buffer): boolean =>
  sequence[1] === 0x5d && /^\x1b\](9|52|99|777|1337);/.test(sequence.subarray(0, 16).toString("latin1"))
