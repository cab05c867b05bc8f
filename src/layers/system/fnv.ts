/** Digits of a 64-bit number in base 36. */
export const KEY_DIGITS = 13

/** FNV-1a begins with 0xcbf29ce484222325, and multiplies by 2^40 + 0x1b3 (its authors' parameters for 64 bits). */
const OFFSET = { high: 0xcbf29ce4, low: 0x84222325 }
const PRIME = 0x1b3

/**
 * FNV-1a, 64 bits: distinguishes configurations, and need not be secure. Loading node:crypto would cost ten
 * milliseconds, and some thousands of bytes one after another as a BigInt five.
 */
export const keyOf = (...parts: ReadonlyArray<string>): string => {
  const bytes = Buffer.from(parts.join("\0"))
  let { high, low } = OFFSET
  for (let at = 0; at < bytes.length; at++) {
    low ^= bytes[at]!
    // In halves of 16 bits: whole numbers of at most 32 are fast before anything is compiled.
    const below = (low & 0xffff) * PRIME
    const above = (low >>> 16) * PRIME + (below >>> 16)
    high = (Math.imul(high, PRIME) + (above >>> 16) + (low << 8)) | 0
    low = (above << 16) | (below & 0xffff)
  }
  return (BigInt(high >>> 0) << 32n | BigInt(low >>> 0)).toString(36).padStart(KEY_DIGITS, "0")
}
