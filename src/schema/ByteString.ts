/**
 * Text that stands for bytes. The system's names and values are bytes, nearly always UTF-8. A byte that is not part of
 * UTF-8 becomes a lone surrogate, U+DC80 for 0x80 to U+DCFF for 0xFF (as in Python's PEP 383). JSON keeps these.
 */

/** What Node's decoder puts in the place of bytes that are not UTF-8. */
const REPLACEMENT = "\ufffd"

/** U+DC00 is the lone surrogate of byte 0. */
const ESCAPE = 0xdc00

/** Length of a UTF-8 sequence by its first byte; 1 for what cannot be one. */
const lengthOf = (first: number): number =>
  first < 0xc2 ? 1 : first < 0xe0 ? 2 : first < 0xf0 ? 3 : first < 0xf5 ? 4 : 1

/** The text that stands for these bytes. */
export const fromBytes = (bytes: Buffer): string => {
  const whole = bytes.toString("utf8")
  if (!whole.includes(REPLACEMENT)) return whole
  let text = ""
  for (let at = 0; at < bytes.length;) {
    const sequence = bytes.subarray(at, at + lengthOf(bytes[at]!))
    const character = sequence.toString("utf8")
    const isWhole = Buffer.from(character).equals(sequence)
    text += isWhole ? character : String.fromCharCode(ESCAPE + bytes[at]!)
    at += isWhole ? sequence.length : 1
  }
  return text
}

/** Whether the bytes that a text stands for are UTF-8. */
export const isText = (text: string): boolean => text.isWellFormed()

/** The bytes that a text stands for. */
export const toBytes = (text: string): Buffer => {
  if (isText(text)) return Buffer.from(text)
  const parts = Array.from(text, (character) => {
    const code = character.charCodeAt(0)
    const isByte = character.length === 1 && code >= ESCAPE + 0x80 && code <= ESCAPE + 0xff
    return isByte ? Buffer.of(code - ESCAPE) : Buffer.from(character)
  })
  return Buffer.concat(parts)
}

/** A path for Node's file system: a Buffer where it is not text. */
export const pathOf = (text: string): string | Buffer => isText(text) ? text : toBytes(text)
