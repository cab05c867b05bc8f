/** Text as roff(7), for the macros of man(7). */
import { wrapped } from "../schema/Text.ts"

/** Characters that a formatter would interpret, or show as another character (groff_char(7)). */
const SPECIAL: Readonly<Record<string, string>> = {
  "\\": "\\(rs",
  "^": "\\(ha",
  "~": "\\(ti",
  "`": "\\(ga",
  "'": "\\(aq",
  "\"": "\\(dq"
}

const escaped = (text: string): string => text.replace(/[\\^~`'"]/g, (character) => SPECIAL[character]!)

/** Text of a program: dashes must stay ASCII dashes. */
const literal = (text: string): string => escaped(text).replaceAll("-", "\\-")

export const bold = (text: string): string => `\\fB${literal(text)}\\fR`
const italic = (text: string): string => `\\fI${literal(text)}\\fR`

/** `<name>`, `[dir]`, `[args...]`, separators, and words. */
const FORM_PART = /<([^<>]+)>|\[([a-z]+)(\.\.\.)?\]|(\.\.\.|\s+|[[\]|])|[^\s[\]<>|]+|[<>]/g

/** A command line: literal words in bold, placeholders in italics. */
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

/** A line of text. One that begins with a dot would be a request. */
const line = (text: string): string => text.startsWith(".") ? `\\&${text}` : text

/** The longest line that mandoc(1) finds readable. */
const COLUMNS = 80

/** Wraps text; each sentence ends at the end of a line, where formatters look for it. */
const filled = (text: string): string => wrapped(text, COLUMNS, (last) => last.endsWith(".")).map(line).join("\n")

/** Text without literals. Keeps the dashes of options, and "..." from ending a sentence. */
const plain = (text: string): string =>
  escaped(text)
    .replace(/(?<!\S)-{1,2}(?=\w)/g, (dashes) => dashes.replaceAll("-", "\\-"))
    .replaceAll("...", "...\\&")

/** Sentences; backticks mark what the user types. */
export const prose = (text: string): string =>
  filled(text.split("`").map((part, index) => index % 2 === 0 ? plain(part) : form(part)).join(""))

export const paragraph = (text: string): string => `.PP\n${prose(text)}`

/** A formatted term, and its paragraphs. */
export const term = (what: string, paragraphs: ReadonlyArray<string>): string =>
  `.TP\n${line(what)}\n${paragraphs.map(prose).join("\n.IP\n")}`

export const indented = (text: string): string => `.RS\n${text}\n.RE`

/** Lines as they are. */
export const lines = (all: ReadonlyArray<string>): string => `.PP\n.nf\n${all.map(line).join("\n")}\n.fi`

export const code = (text: string): string => indented(lines(text.split("\n").map(literal)))

export const section = (heading: string, parts: ReadonlyArray<string>): string =>
  `.SH ${heading}\n${parts.join("\n")}`.replace(/^(\.SH .*\n)\.PP\n/, "$1")
