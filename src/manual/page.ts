/** The manual page sesh(1), as roff: made of what the help is made of. Not in the executable. */
import { environment, type ExplainedForm, forms, groups, options, statuses } from "../commands/language/help.ts"
import { bold, code, form, indented, lines, paragraph, prose, section, term } from "./roff.ts"
import { description, details, examples, files, moreEnvironment, optionDetails } from "./texts.ts"

const sentence = (text: string): string => `${text[0]!.toUpperCase()}${text.slice(1)}${text.endsWith(".") ? "" : "."}`

const optionTerm = (option: { readonly form: string; readonly meaning: string }): string => {
  const [name] = Object.entries(options).find(([, { form }]) => form === option.form)!
  return term(form(option.form), [`${sentence(option.meaning)} ${optionDetails[name as keyof typeof options]}`])
}

const formTerm = ({ alias, form: words, meaning, name, options }: ExplainedForm): string =>
  [
    term(`${form(words)}${alias === undefined ? "" : `, ${form(alias)}`}`, [sentence(meaning), ...details[name]]),
    ...(options.length === 0 ? [] : [indented(options.map(optionTerm).join("\n"))])
  ].join("\n")

/** The page of this version. */
export const page = (version: string): string =>
  `${
    [
      // Without a date: the same sources make the same page.
      `.TH SESH 1 "" "sesh ${version}" "User Commands"`,
      // No hyphens of the formatter's own, and no gaps between words: what is read here is typed.
      ".nh\n.ad l",
      section("NAME", ["sesh \\- named shell sessions that stay alive"]),
      section("SYNOPSIS", [lines(Object.values(forms).map(form))]),
      section("DESCRIPTION", description.map(paragraph)),
      ...groups.map(([heading, forms]) => section(heading.toUpperCase(), forms.map(formTerm))),
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
