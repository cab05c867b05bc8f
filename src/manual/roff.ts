/** Text as roff(7) wants it, for the macros of man(7). */

import { wrapped } from "../schema/Text.ts"

/** Characters that a formatter would take for something else, or show as something else than it was (groff_char(7)). */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "^": "\\(ha",
  "~": "\\(ti",
  "`": "\\(ga",
  "'": "\\(aq",
  "\"": "\\(dq"
}

const escaped = (text: string): string => text.replace(/[\\^~`'"]/g, (character) => SPECIAL[character]!)

/** Of a program's words the dashes too must stay what they are. */
const literal = (text: string): string => escaped(text).replaceAll("-", "\\-")

export const bold = (text: string): string => `\\fB${literal(text)}\\fR`
const italic = (text: string): string => `\\fI${literal(text)}\\fR`

/** `<name>`, `[dir]`, `[args...]`, what stands between words, and words. */
const FORM_PART = /<([^<>]+)>|\[([a-z]+)(\.\.\.)?\]|(\.\.\.|\s+|[[\]|])|[^\s[\]<>|]+|[<>]/g

/** What one types: words as they are in bold, what stands for something else in italics. */
export const form = (text: string): string =>
  text.replace(
    FORM_PART,
    (word, stands?: string, optional?: string, more?: string, between?: string) =>
      stands !== undefined
        ? italic(stands)
        : optional !== undefined
        ? `[${italic(optional)}${more ?? ""}]`
        : between ?? bold(word)
  ).replace(/\\fR(\s?)\\fB/g, "$1")

/** A line of its own: one that begins with a dot would be a request. */
const line = (text: string): string => text.startsWith(".") ? `\\&${text}` : text

/** The longest line that mandoc(1) finds readable. */
const COLUMNS = 80

/** A sentence ends where a line does: there formatters look for the end of one. */
const filled = (text: string): string => wrapped(text, COLUMNS, (last) => last.endsWith(".")).map(line).join("\n")

/** Text between what one types. An option in it begins with no hyphens, and three dots end no sentence. */
const plain = (text: string): string =>
  escaped(text)
    .replace(/(?<!\S)-{1,2}(?=\w)/g, (dashes) => dashes.replaceAll("-", "\\-"))
    .replaceAll("...", "...\\&")

/** Sentences, with what one types between backticks. */
export const prose = (text: string): string =>
  filled(text.split("`").map((part, index) => index % 2 === 0 ? plain(part) : form(part)).join(""))

export const paragraph = (text: string): string => `.PP\n${prose(text)}`

/** A term, already formatted, and what there is to say about it. */
export const term = (what: string, paragraphs: ReadonlyArray<string>): string =>
  `.TP\n${line(what)}\n${paragraphs.map(prose).join("\n.IP\n")}`

export const indented = (text: string): string => `.RS\n${text}\n.RE`

/** Lines as they are. */
export const lines = (all: ReadonlyArray<string>): string => `.PP\n.nf\n${all.map(line).join("\n")}\n.fi`

export const code = (text: string): string => indented(lines(text.split("\n").map(literal)))

export const section = (heading: string, parts: ReadonlyArray<string>): string =>
  `.SH ${heading}\n${parts.join("\n")}`.replace(/^(\.SH .*\n)\.PP\n/, "$1")
