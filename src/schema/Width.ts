/** How wide text is on a terminal. Apart from other text: what measures it is not loaded by who shows none. */
import * as CliOutput from "effect/cli/CliOutput"

const PRINTABLE_ASCII = /^[ -~]*$/

/** Columns on a terminal. Anything but ASCII wants an Intl.Segmenter, which takes ten milliseconds to make. */
export const widthOf = (text: string): number => PRINTABLE_ASCII.test(text) ? text.length : CliOutput.displayWidth(text)
