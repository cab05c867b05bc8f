/** The grammar that effect/cli lacks: verbs that are flags, `@host` before the name, text with dashes, `--`. */
import * as Effect from "effect/Effect"
import type { HostName } from "../../schema/HostName.ts"
import { atHost, hostHelp } from "./params.ts"
import { UsageError } from "./UsageError.ts"
import { type Flag, HELP_FORM, type Verb } from "./verb.ts"

/** All known words, collected once from the verbs. */
export interface Vocabulary<V extends Verb> {
  readonly verbs: ReadonlyMap<string, V>
  /** Flags without a value. */
  readonly flags: ReadonlyMap<string, Flag>
  /** Flags whose value is the rest of the word, or the next one: `-C`. */
  readonly valued: ReadonlyMap<string, Flag & { readonly owner: V }>
}

export const vocabularyOf = <V extends Verb>(verbs: ReadonlyArray<V>): Vocabulary<V> => {
  const flags = verbs.flatMap((owner) =>
    owner.flags.flatMap((flag) => flag.words.map((word) => [word, { ...flag, owner }] as const))
  )
  return {
    verbs: new Map(verbs.flatMap((verb) => verb.words.map((word) => [word, verb] as const))),
    flags: new Map(flags.filter(([, { value }]) => value === undefined)),
    valued: new Map(flags.filter(([, { value }]) => value !== undefined))
  }
}

const isFlag = (word: string): boolean => word.startsWith("-") && word !== "-"

/** `-dh` is `-d -h`. Numbers, and words with a "=", are not split. */
const letters = (word: string): ReadonlyArray<string> =>
  word.startsWith("--") || /^-\d|=/.test(word) ? [word] : Array.from(word.slice(1), (letter) => `-${letter}`)

/** A command line, its words sorted by their form. */
interface Sorted {
  /** The host of `@host`, before all operands. */
  readonly host: HostName | undefined
  /** Words with a dash. */
  readonly dashed: ReadonlyArray<string>
  /** The values of flags that have one, by their names. */
  readonly values: Flags
  readonly operands: ReadonlyArray<string>
}

type Flags = Readonly<Record<string, ReadonlyArray<string>>>

/** `words`: those before `--`. */
const sort = Effect.fnUntraced(function*<V extends Verb>(
  { valued, verbs }: Vocabulary<V>,
  words: ReadonlyArray<string>
): Effect.fn.Return<Sorted, UsageError> {
  const dashed: Array<string> = []
  const values: Record<string, Array<string>> = {}
  const operands: Array<string> = []
  let host: HostName | undefined
  /** After the name every word is text, with dashes or without, except for a flag of the verb as the last word. */
  const isText = (word: string, isLast: boolean) => {
    const verb = dashed.map((word) => verbs.get(word)).find((verb) => verb?.beforeText !== undefined)
    if (verb === undefined || operands.length < verb.beforeText!) return false
    return !isLast || !verb.flags.some(({ words }) => words.includes(word))
  }
  for (let index = 0; index < words.length; index++) {
    const word = words[index]!
    const flag = valued.get(word.slice(0, "-C".length))
    if (word.startsWith("@") && operands.length === 0 && host === undefined) {
      host = yield* Effect.mapError(
        atHost(word),
        ({ message }) => new UsageError({ problem: message, form: hostHelp.form })
      )
    } else if (!isFlag(word) || isText(word, index === words.length - 1)) {
      operands.push(word)
    } else if (flag === undefined) {
      dashed.push(word)
    } else {
      const [letter] = flag.words
      const value = word === letter ? words[++index] : word.slice(letter.length)
      if (value === undefined) {
        return yield* new UsageError({ problem: `the ${flag.value} after ${letter} is missing`, form: flag.owner.form })
      }
      ;(values[flag.name] ??= []).push(value)
    }
  }
  return { host, dashed, values, operands }
})

/** The parts of a command line. */
export interface Words<V extends Verb> extends Omit<Sorted, "dashed" | "values"> {
  /** The verbs whose flags are given. */
  readonly verbs: ReadonlyArray<V>
  /** All other flags with their values, by their names; the value is "true" for a flag without one. */
  readonly flags: Flags
  /** What follows the first `--`. */
  readonly command: ReadonlyArray<string> | undefined
}

/** Splits a command line. Fails at an unknown flag, a flag that is given twice, and a word that is not a valid host. */
export const cut = Effect.fnUntraced(
  function*<V extends Verb>(
    vocabulary: Vocabulary<V>,
    argv: ReadonlyArray<string>
  ): Effect.fn.Return<Words<V>, UsageError> {
    const end = argv.indexOf("--")
    const { dashed, host, operands, values } = yield* sort(vocabulary, end === -1 ? argv : argv.slice(0, end))
    const verbs = new Set<V>()
    const flags: Record<string, ReadonlyArray<string>> = { ...values }
    const given = dashed.flatMap(letters)
    const unknown = given.find((word) => !vocabulary.verbs.has(word) && !vocabulary.flags.has(word))
    if (unknown !== undefined) {
      return yield* new UsageError({ problem: `there is no option ${unknown}`, form: HELP_FORM })
    }
    for (const word of given) {
      const verb = vocabulary.verbs.get(word)
      const flag = vocabulary.flags.get(word)
      if (verb === undefined ? flag!.name in flags : verbs.has(verb)) {
        const [shown] = (verb ?? flag)!.words
        return yield* new UsageError({ problem: `${shown} is there more than once`, form: HELP_FORM })
      }
      if (verb === undefined) flags[flag!.name] = ["true"]
      else verbs.add(verb)
    }
    return { host, verbs: [...verbs], flags, operands, command: end === -1 ? undefined : argv.slice(end + 1) }
  }
)
