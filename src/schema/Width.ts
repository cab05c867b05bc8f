/** The width of text on a terminal. A file of its own, so that only its users load what measures it. */
import * as CliOutput from "effect/cli/CliOutput"

const PRINTABLE_ASCII = /^[ -~]*$/

/** Columns on a terminal. Anything but ASCII needs an Intl.Segmenter, which takes ten milliseconds to make. */
export const widthOf = (text: string): number => PRINTABLE_ASCII.test(text) ? text.length : CliOutput.displayWidth(text)
