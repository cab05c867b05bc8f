/** Words of a shell's command line. */

/**
 * Quotes a word for any shell. Everything is in single quotes, except for `'`, `\` (an escape in fish even there) and
 * `!` (csh's history), which stand outside behind a backslash. Right for POSIX shells and fish, and for csh without
 * line feeds.
 */
export const quote = (word: string): string =>
  word === "" ? "''" : word.replaceAll(/[^'\\!]+|['\\!]/g, (part) => /^['\\!]$/.test(part) ? `\\${part}` : `'${part}'`)

/** Words that no shell changes. They do not begin with `=` or `%`: zsh expands `=ls`, fish `%self`. */
const ORDINARY = /^[A-Za-z0-9._/@:+,-][A-Za-z0-9._/@:+,=%-]*$/

/** Quotes for people to read and type: ordinary words stay as they are. */
export const quoteIfNeeded = (word: string): string => ORDINARY.test(word) ? word : quote(word)
