/** Text for people that layers say too. */

/** What a terminal acts upon (ECMA-48): C0, DEL, C1. A program's own output may have more; this must not pass as text. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

/**
 * Controls, what separates lines, and what turns the direction of writing (UAX #9): nothing in our own messages moves a
 * cursor or hides text.
 */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** One after the other. */
const UNSEEN_RUN = new RegExp(`${UNSEEN.source}+`, "g")

/** Text that shows something else than it is. */
export const hasUnseen = (text: string): boolean => text.search(UNSEEN) !== -1

/** Makes control characters visible: a session's output, a file's name and a host's answer are not to be trusted. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`
  })

/** Leaves them out: a space for as many as stand together. */
export const withoutUnseen = (text: string): string => text.replace(UNSEEN_RUN, " ")

/**
 * Text as data, which may turn the direction of writing: without controls but those `kept`; `instead` stands for each.
 */
export const withoutControls = (text: string, kept: string, instead: string): string =>
  text.replace(CONTROLS, (control) => kept.includes(control) ? control : instead)

/** The beginning of a text that is longer than so many characters. */
export const cut = (text: string, most: number): string => text.length <= most ? text : `${text.slice(0, most - 3)}...`

/** Lines no longer than `width` characters, if words let them. Nothing follows on a line that `endsLine`. */
export const wrapped = (
  text: string,
  width: number,
  endsLine: (line: string) => boolean = () => false
): ReadonlyArray<string> => {
  const lines: Array<string> = []
  for (const word of text.split(" ")) {
    const last = lines.at(-1)
    if (last === undefined || endsLine(last) || last.length + 1 + word.length > width) lines.push(word)
    else lines[lines.length - 1] = `${last} ${word}`
  }
  return lines
}

/** A path as a shell would show it at the prompt. */
export const shortPath = (path: string, home: string): string =>
  path === home
    ? "~"
    : home !== "" && home !== "/" && path.startsWith(`${home}/`)
    ? `~${path.slice(home.length)}`
    : path

/** "1 client", "3 clients". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`
