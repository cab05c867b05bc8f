/** What ssh and hosts say is not to be trusted: made fit for one of our own messages. */

/** C0, DEL, C1, and what turns the direction of writing. */
const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]+/g

/** Longest quotation, in characters: two lines of a terminal. */
const MAX_WORDS = 160

/** One line without control characters. */
export const oneLine = (said: string): string => {
  const plain = said.replace(UNSEEN, " ").trim()
  return plain.length <= MAX_WORDS ? plain : `${plain.slice(0, MAX_WORDS - 3)}...`
}

/** The last line that says something. */
export const lastLine = (said: string): string =>
  oneLine(said.split("\n").findLast((line) => oneLine(line) !== "") ?? "")
