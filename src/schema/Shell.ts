/** Words of a shell's command line. */

/**
 * Quotes for a shell that nobody knows: in single quotes all but `'`, `\` (an escape in fish even there) and `!` (csh's
 * history), which stand outside behind a backslash. The same to POSIX shells and fish; to csh too, but for line feeds.
 */
export const quote = (word: string): string =>
  word === "" ? "''" : word.replaceAll(/[^'\\!]+|['\\!]/g, (part) => /^['\\!]$/.test(part) ? `\\${part}` : `'${part}'`)

/** Means itself to every shell. Not `=` and `%` as the first: zsh takes `=ls` for a path, fish `%self` for a process. */
const ORDINARY = /^[A-Za-z0-9._/@:+,-][A-Za-z0-9._/@:+,=%-]*$/

/** For people, who read it and may type it: ordinary words stay as they are. */
export const quoteIfNeeded = (word: string): string => ORDINARY.test(word) ? word : quote(word)
