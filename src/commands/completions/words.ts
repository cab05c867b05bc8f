/** What a shell can offer after what has been typed. The scripts of all shells are generated from this. */
import { flagged } from "../language/parse.ts"
import type { Kind, Verb } from "../language/verb.ts"

/** Shells that completions are written for. */
export const SHELLS = ["bash", "zsh", "fish"] as const
export type Shell = typeof SHELLS[number]

/** The command that a script completes. */
export interface Completed {
  /** Its name: `sesh`, unless sesh was installed under another one. */
  readonly command: string
  /** Begins the names of the script's functions and variables, so that no other script has the same. */
  readonly prefix: string
}

/** Names that need no quotes in any shell. */
const PLAIN_NAME = /^[A-Za-z0-9_.][A-Za-z0-9_.-]*$/

/** The command of this name, or `sesh` if that is not one. */
export const completed = (name: string): Completed =>
  name === "sesh" || !PLAIN_NAME.test(name)
    ? { command: "sesh", prefix: "_sesh" }
    : { command: name, prefix: `_sesh_as_${name.replaceAll(/[.-]/g, "_")}` }

/** A word that begins with a dash, and what it means. */
export interface Word {
  readonly word: string
  readonly meaning: string
}

/**
 * The scripts' position on the command line is `<verb>:<operands so far>`; the verb is empty until a flag names it.
 * These patterns are for the `case` and `switch` of shells; the first that matches counts.
 */
export type Pattern = string

export interface Offers {
  /** The words with a dash that fit. */
  readonly dashWords: ReadonlyArray<readonly [Pattern, ReadonlyArray<Word>]>
  /** Each verb with all of its words. */
  readonly wordsOf: ReadonlyArray<{ readonly verb: string; readonly words: ReadonlyArray<string> }>
  /** Flags that imply one of the verbs without words. */
  readonly impliedBy: ReadonlyArray<{ readonly word: string; readonly verb: string }>
  /** The one flag whose next word is its value: a directory. */
  readonly directoryFlag: string
  /** Positions at which an operand of this kind is next. */
  readonly patternsOf: (kind: Kind) => ReadonlyArray<Pattern>
  /** Positions at which `@host` may be next, if there was none. */
  readonly hostPatterns: ReadonlyArray<Pattern>
  /** Positions after which every word is text, with dashes or without, and the positions before those. */
  readonly textPatterns: { readonly before: ReadonlyArray<Pattern>; readonly text: ReadonlyArray<Pattern> }
}

const COMMAND: Word = { word: "--", meaning: "a command follows" }

const flagsOf = ({ flags }: Verb): ReadonlyArray<Word> => flags.map(({ meaning, words: [word] }) => ({ word, meaning }))

/** Offers without a verb. After a name, a verb that takes a name may still follow. */
const withoutVerb = (shown: ReadonlyArray<Verb>, listing: ReadonlyArray<Word>, opening: ReadonlyArray<Word>) => {
  const words = (verbs: ReadonlyArray<Verb>) =>
    verbs.flatMap(({ help, words }) => words.map((word) => ({ word, meaning: help!.meaning })))
  const takesName = ({ operands: [first] }: Verb) => first?.kind === "session" || first?.kind === "new name"
  return [
    [":0", [...words(shown), ...opening, ...listing]],
    [":1", [...opening, COMMAND, ...words(shown.filter(takesName))]],
    [":*", [...opening, COMMAND]]
  ] as const
}

const withVerb = (verb: Verb): Offers["dashWords"] => {
  const flags = flagsOf(verb)
  if (verb.takesCommand && verb.beforeText === undefined) {
    return [[`${verb.name}:0`, flags], [`${verb.name}:*`, [...flags, COMMAND]]]
  }
  return flags.length === 0 ? [] : [[`${verb.name}:*`, flags]]
}

/** The offers of these verbs, without the hidden ones. */
export const offersOf = (verbs: ReadonlyArray<Verb>): Offers => {
  const shown = flagged(verbs).filter(({ help }) => help !== undefined)
  const implied = verbs.filter(({ isMeantBy }) => isMeantBy !== undefined)
  const [listing, opening] = ["no name", "a name"].map((name) => implied.find(({ isMeantBy }) => isMeantBy === name)!)
  const all = [...implied, ...shown]
  const patternsOf = (kind: Kind) =>
    all.flatMap(({ isMeantBy, name, operands }) =>
      operands.flatMap((operand, index) => {
        if (operand.kind !== kind) return []
        const position = operand.isVariadic ? "*" : index
        return [...(isMeantBy === undefined ? [] : [`:${position}`]), `${name}:${position}`]
      })
    )
  return {
    dashWords: [...withoutVerb(shown, flagsOf(listing!), flagsOf(opening!)), ...all.flatMap(withVerb)],
    wordsOf: shown.map(({ name, words }) => ({ verb: name, words })),
    impliedBy: implied.flatMap((verb) => flagsOf(verb).map(({ word }) => ({ word, verb: verb.name }))),
    directoryFlag: all.flatMap(({ flags }) => flags).find(({ value }) => value === "directory")!.words[0],
    patternsOf,
    hostPatterns: [":0", ...all.filter(({ takesHost }) => takesHost).map(({ name }) => `${name}:0`)],
    textPatterns: {
      before: all.flatMap(({ beforeText, name }) =>
        Array.from({ length: beforeText ?? 0 }, (_, index) => `${name}:${index}`)
      ),
      text: patternsOf("text")
    }
  }
}
