/** The bytes of a history, made of its lines. */

/** Length of a piece: what a socket takes at once. */
const PIECE_CHARACTERS = 64 * 1024

/** Not by a pattern: that would begin again at each blank of a line, and a line may have millions. */
const withoutBlanksAtEnd = (line: string): string => {
  let end = line.length
  while (end > 0 && (line[end - 1] === " " || line[end - 1] === "\t")) end--
  return line.slice(0, end)
}

/** The lines as a person would copy them: no blanks at the ends of lines, no blank lines at the end. */
export const trimmed = (lines: ReadonlyArray<string>): Array<string> => {
  const all = lines.map(withoutBlanksAtEnd)
  while (all.at(-1) === "") all.pop()
  return all
}

/** The lines, each with its LF, in pieces that end at the end of a line. */
export const inPieces = (lines: ReadonlyArray<string>): Array<Buffer> => {
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
