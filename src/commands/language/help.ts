/** `sesh --help`, generated from the verbs. The manual page has the same entries. */
import * as Effect from "effect/Effect"
import { wrapped } from "../../schema/Text.ts"
import { Output } from "../../services/Output.ts"
import { hostHelp } from "./params.ts"
import { about, environment, notes, statuses } from "./texts.ts"
import { GROUPS, type Help, HELP_FORM, type Verb, verb, Verbs } from "./verb.ts"

/** A form, and the flags that only this form takes. */
export interface Entry extends Help {
  /** Another way to write it. */
  readonly alias?: string
  readonly flags: ReadonlyArray<{ readonly form: string; readonly meaning: string; readonly details: string }>
}

/** Everything that users can type, in the order of the verbs; `@<host>` after the verbs that take one. */
export const entriesOf = (verbs: ReadonlyArray<Verb>): ReadonlyArray<Entry> => {
  const shown = verbs.flatMap(({ flags, help, takesHost, words: [, alias] }) =>
    help === undefined ? [] : [{ ...help, flags, takesHost, ...(alias === undefined ? {} : { alias }) }]
  )
  return shown.toSpliced(shown.findLastIndex(({ takesHost }) => takesHost) + 1, 0, {
    ...hostHelp,
    flags: [],
    takesHost: false
  })
}

/** The entries under each heading. */
export const groupsOf = (
  verbs: ReadonlyArray<Verb>
): ReadonlyArray<readonly [heading: string, entries: ReadonlyArray<Entry>]> => {
  const entries = entriesOf(verbs)
  return GROUPS.map((heading) => [heading, entries.filter(({ group }) => group === heading)])
}

/** The width of most terminals. */
const COLUMNS = 80

/** A row of two columns, the second one wrapped. If the first is too long, the second begins on the next line. */
const row = (left: string, right: string, column: number): string => {
  const [first, ...more] = wrapped(right, COLUMNS - column).map((line) => " ".repeat(column) + line)
  const lines = left.length + 2 <= column ? [left + first!.slice(left.length), ...more] : [left, first, ...more]
  return lines.join("\n")
}

/** The column of a form's meaning: after the longest form of the simple verbs. */
const FORM_COLUMN = 36

const entryRows = ({ alias, flags, form, meaning }: Entry): ReadonlyArray<string> => [
  row(`  ${form}${alias === undefined ? "" : `, ${alias}`}`, meaning, FORM_COLUMN),
  ...flags.map((flag) => row(`    ${flag.form}`, flag.meaning, FORM_COLUMN))
]

const rows = (all: ReadonlyArray<readonly [left: string, right: string]>): string => {
  const column = Math.max(...all.map(([left]) => left.length)) + 4
  return all.map(([left, right]) => row(`  ${left}`, right, column)).join("\n")
}

/** What `sesh --help` prints. */
export const helpOf = (verbs: ReadonlyArray<Verb>): string =>
  `${about}

${groupsOf(verbs).map(([heading, entries]) => `${heading}\n${entries.flatMap(entryRows).join("\n")}`).join("\n\n")}

${notes.map((note) => wrapped(note, COLUMNS).join("\n")).join("\n")}

Environment
${rows(environment)}

Exit status
${rows(statuses)}`

/** `sesh --help`. */
export const help = verb({
  name: "help",
  letter: "h",
  ignoresVariables: true,
  help: { group: "Layout and setup", form: HELP_FORM, meaning: "print a short help", details: [] },
  params: {},
  run: Effect.fnUntraced(function*() {
    yield* (yield* Output).print(helpOf(yield* Verbs))
    return 0
  })
})
