/** Digits of a 64-bit number in base 36. */
export const KEY_DIGITS = 13

/**
 * FNV-1a, 64 bits: distinguishes configurations, and need not be secure. Loading node:crypto would cost ten
 * milliseconds.
 */
export const keyOf = (...parts: ReadonlyArray<string>): string => {
  let hash = 0xcbf29ce484222325n
  for (const byte of Buffer.from(parts.join("\0"))) hash = BigInt.asUintN(64, (hash ^ BigInt(byte)) * 0x100000001b3n)
  return hash.toString(36).padStart(KEY_DIGITS, "0")
}
