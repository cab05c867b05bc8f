/** What a shell can offer, told apart by what has been typed. The scripts of all shells are made of this. */
import { type Explained, groups, options } from "../language/help.ts"
import { flagged, type Operand, type Option, OPTIONS, type Verb, type VerbName, verbs } from "../language/verbs.ts"

/** A word that begins with a dash, and what it means. */
export interface Word {
  readonly word: string
  readonly meaning: string
}

/**
 * How the scripts know where they are: `<verb>:<operands so far>`, the verb being empty until a flag tells it. These
 * patterns are for the `case` and `switch` of shells; the first that fits counts.
 */
export type Pattern = string

const all: Record<VerbName, Verb> = verbs
const explanations: Record<Option, Explained> = options

/** The verbs that people use, and their flags. */
const shown = flagged.filter((name) => all[name].hidden !== true)

const meaningOf = (verb: VerbName): { readonly meaning: string; readonly alias?: string } =>
  groups.flatMap(([, forms]) => forms).find(({ form }) => form === all[verb].form)!

/** Words that tell the verb, and the verb. */
export const verbFlags: ReadonlyArray<Word & { readonly verb: VerbName }> = shown.flatMap((verb) => {
  const { alias, meaning } = meaningOf(verb)
  return [`--${verb}`, ...(alias === undefined ? [] : [alias])].map((word) => ({ word, meaning, verb }))
})

/** Each verb with all of its flags. */
export const flagsOf: ReadonlyArray<{ readonly verb: VerbName; readonly words: ReadonlyArray<string> }> = shown.map(
  (verb) => ({ verb, words: verbFlags.filter((flag) => flag.verb === verb).map(({ word }) => word) })
)

/** Words that tell one of the verbs without a flag. */
export const impliedBy: ReadonlyArray<{ readonly word: string; readonly verb: VerbName }> = (["list", "open"] as const)
  .flatMap((verb) => (all[verb].options ?? []).map((option) => ({ word: OPTIONS[option], verb })))

/** The one whose next word is its value: a directory. */
export const DIRECTORY_OPTION = OPTIONS.dir

const COMMAND: Word = { word: "--", meaning: "a command follows" }

const optionsOf = (verb: VerbName): ReadonlyArray<Word> =>
  (all[verb].options ?? []).map((option) => ({ word: OPTIONS[option], meaning: explanations[option].meaning }))

const takesText = (verb: VerbName): boolean => all[verb].takes.includes("text")
const takesCommand = (verb: VerbName): boolean => all[verb].command !== undefined && !takesText(verb)

/** The words with a dash that fit. With a name and no verb, one may still come that takes a name. */
export const dashWords: ReadonlyArray<readonly [Pattern, ReadonlyArray<Word>]> = [
  [":0", [...verbFlags, ...optionsOf("open"), ...optionsOf("list")]],
  [":1", [
    ...optionsOf("open"),
    COMMAND,
    ...verbFlags.filter(({ verb }) => ["session", "new name"].includes(all[verb].takes[0] ?? ""))
  ]],
  [":*", [...optionsOf("open"), COMMAND]],
  ...(["list", "open", ...shown] as const).flatMap((verb): ReadonlyArray<readonly [Pattern, ReadonlyArray<Word>]> => {
    const own = optionsOf(verb)
    if (takesCommand(verb)) return [[`${verb}:0`, own], [`${verb}:*`, [...own, COMMAND]]]
    return own.length === 0 ? [] : [[`${verb}:*`, own]]
  })
]

/** Where an operand of this kind is next. */
export const patternsOf = (kind: Operand): ReadonlyArray<Pattern> =>
  (["open", ...shown] as const).flatMap((verb) => {
    const { operands: [, most], takes } = all[verb]
    return takes.flatMap((operand, index) => {
      if (operand !== kind) return []
      const position = index === takes.length - 1 && most === Infinity ? "*" : index
      return verb === "open" ? [`:${position}`, `open:${position}`] : [`${verb}:${position}`]
    })
  })

/** Where `@host` may be next, if there was none. */
export const hostPatterns: ReadonlyArray<Pattern> = [
  ":0",
  ...(["list", "open", ...shown] as const).filter((verb) => all[verb].there === true).map((verb) => `${verb}:0`)
]

/** Where all that follows is text, flags or not, and what comes before that. */
export const textPatterns: { readonly before: ReadonlyArray<Pattern>; readonly text: ReadonlyArray<Pattern> } = {
  before: shown.filter(takesText).flatMap((verb) =>
    [...Array(all[verb].takes.indexOf("text")).keys()].map((index) => `${verb}:${index}`)
  ),
  text: patternsOf("text")
}
