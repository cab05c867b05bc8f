/** From lines to the bytes of a history. */

/** Of one piece: what a socket takes at once. */
const PIECE_CHARACTERS = 64 * 1024

/** Blanks at the ends of lines, and blank lines at the end, are nothing that a person would copy. */
export const trimmed = (lines: ReadonlyArray<string>): Array<string> => {
  const all = lines.map((line) => line.replace(/[ \t]+$/, ""))
  while (all.at(-1) === "") all.pop()
  return all
}

/** The lines, each with its LF, in pieces. */
export const packed = (lines: ReadonlyArray<string>): Array<Buffer> => {
  const pieces: Array<Buffer> = []
  let piece = ""
  for (const line of lines) {
    piece += `${line}\n`
    if (piece.length < PIECE_CHARACTERS) continue
    pieces.push(Buffer.from(piece))
    piece = ""
  }
  return piece === "" ? pieces : [...pieces, Buffer.from(piece)]
}
