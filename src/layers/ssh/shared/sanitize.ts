/** Makes the untrusted text of ssh and hosts fit for sesh's own messages. */
import { cut, withoutUnseen } from "../../../schema/Text.ts"

/** Longest quotation, in characters: two lines of a terminal. */
const MAX_QUOTE_CHARS = 160

/** One line without control characters. */
export const oneLine = (said: string): string => cut(withoutUnseen(said).trim(), MAX_QUOTE_CHARS)

/** The last line that is not empty. */
export const lastLine = (said: string): string =>
  oneLine(said.split("\n").findLast((line) => oneLine(line) !== "") ?? "")
