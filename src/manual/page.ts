/** The manual page sesh(1), as roff, generated from the verbs as the help is. Not in the executable. */
import { entriesOf, type Entry, groupsOf } from "../commands/language/help.ts"
import { environment, statuses } from "../commands/language/texts.ts"
import type { Verb } from "../commands/language/verb.ts"
import { bold, code, form, indented, lines, paragraph, prose, section, term } from "./roff.ts"
import { description, examples, files, moreEnvironment } from "./texts.ts"

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`

const flagTerm = ({ details, form: words, meaning }: Entry["flags"][number]): string =>
  term(form(words), [`${sentence(meaning)} ${details}`])

const entryTerm = ({ alias, details, flags, form: words, meaning }: Entry): string =>
  [
    term(`${form(words)}${alias === undefined ? "" : `, ${form(alias)}`}`, [sentence(meaning), ...details]),
    ...(flags.length === 0 ? [] : [indented(flags.map(flagTerm).join("\n"))])
  ].join("\n")

/** The page of a sesh with these verbs. */
export const page = (verbs: ReadonlyArray<Verb>, version: string): string =>
  `${
    [
      // Without a date: the same sources make the same page.
      `.TH SESH 1 "" "sesh ${version}" "User Commands"`,
      // No hyphenation, no justified lines: users type what they read here.
      ".nh\n.ad l",
      section("NAME", ["sesh \\- named shell sessions that stay alive"]),
      section("SYNOPSIS", [lines(entriesOf(verbs).map((entry) => form(entry.form)))]),
      section("DESCRIPTION", description.map(paragraph)),
      ...groupsOf(verbs).map(([heading, entries]) => section(heading.toUpperCase(), entries.map(entryTerm))),
      section(
        "ENVIRONMENT",
        [
          ...environment,
          ...moreEnvironment
        ].map(([name, meaning]) => term(bold(name), [sentence(meaning)]))
      ),
      section("FILES", files.map(([path, meaning]) => term(prose(`\`${path}\``), [meaning]))),
      section("EXIT STATUS", statuses.map(([status, meaning]) => term(bold(status), [sentence(meaning)]))),
      section("EXAMPLES", examples.flatMap(([explanation, commands]) => [paragraph(explanation), code(commands)])),
      section("SEE ALSO", [["tmux", "screen", "ssh"].map((name) => `${bold(name)}(1)`).join(",\n")])
    ].join("\n")
  }\n`
