/** What ssh and hosts say is not to be trusted: made fit for one of our own messages. */
import { cut, withoutUnseen } from "../../../schema/Text.ts"

/** Longest quotation, in characters: two lines of a terminal. */
const MAX_WORDS = 160

/** One line without control characters. */
export const oneLine = (said: string): string => cut(withoutUnseen(said).trim(), MAX_WORDS)

/** The last line that says something. */
export const lastLine = (said: string): string =>
  oneLine(said.split("\n").findLast((line) => oneLine(line) !== "") ?? "")
