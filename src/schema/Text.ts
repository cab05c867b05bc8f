/** Text for people, and text from programs and hosts that must not harm a terminal. */

/** Control characters that a terminal acts upon (ECMA-48): C0, DEL, C1. */
const CONTROLS = /[\u0000-\u001f\u007f-\u009f]/g

/**
 * Control characters, line separators, and characters that change the writing direction (UAX #9). Our messages have
 * none of them, so that they neither move a cursor nor hide text.
 */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** A run of them. */
const UNSEEN_RUN = new RegExp(`${UNSEEN.source}+`, "g")

/** Whether text has such characters, and so would show as something else than it is. */
export const hasUnseen = (text: string): boolean => text.search(UNSEEN) !== -1

/** Escapes them: a session's output, a file's name and a host's answer are not to be trusted. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`
  })

/** Replaces each run of them with a space. */
export const withoutUnseen = (text: string): string => text.replace(UNSEEN_RUN, " ")

/** Replaces control characters, except for those in `kept`. For data, which may change the writing direction. */
export const withoutControls = (text: string, kept: string, instead: string): string =>
  text.replace(CONTROLS, (control) => kept.includes(control) ? control : instead)

/** Shortens a text to `most` characters. */
export const cut = (text: string, most: number): string => text.length <= most ? text : `${text.slice(0, most - 3)}...`

/** Wraps text at `width` characters; a longer word has its own line. Nothing follows on a line that `endsLine`. */
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

/** A path as a shell's prompt shows it: `~` for the home. */
export const shortPath = (path: string, home: string): string =>
  path === home
    ? "~"
    : home !== "" && home !== "/" && path.startsWith(`${home}/`)
    ? `~${path.slice(home.length)}`
    : path

/** "1 client", "3 clients". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`

/** The words of whatever was thrown, or failed. */
export const messageOf = (cause: unknown): string => cause instanceof Error ? cause.message : String(cause)

/** Bytes as megabytes, of 10^6 bytes: "12.3". */
export const megabytes = (bytes: number): string => (bytes / 1_000_000).toFixed(1)
