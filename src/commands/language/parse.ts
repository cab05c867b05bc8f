/** From a command line to a request: finds the verb, and checks that the rest belongs to it. */
import type * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { parseHostName } from "../../schema/HostName.ts"
import { quoteIfNeeded } from "../../schema/Shell.ts"
import { cut, vocabularyOf, type Words } from "./argv.ts"
import { UsageError } from "./UsageError.ts"
import { COMMAND_FLAG, HELP_FORM, HOST_FLAG, type Request, type Verb } from "./verb.ts"

const usage = (problem: string, form: string) => Effect.fail(new UsageError({ problem, form }))

/** A request for one of these verbs: what it may fail with, and what it needs. */
export type RequestOf<V extends Verb> = Request<
  V extends Verb<infer E, unknown> ? E : never,
  V extends Verb<unknown, infer R> ? R : never
>

/** The verbs that have a flag. Those with a letter, help and version, come first. */
export const flagged = <V extends Verb>(verbs: ReadonlyArray<V>): ReadonlyArray<V> =>
  verbs.filter(({ words }) => words.length > 0).toSorted((a, b) => b.words.length - a.words.length)

/** What effect/cli finds wrong with the flags and operands of a verb. */
const problemOf = (error: CliError.CliError): string => {
  switch (error._tag) {
    // The command is the only option that can be missing.
    case "MissingOption":
      return "the command after -- is missing"
    case "MissingArgument":
      return `the ${error.argument} is missing`
    case "UnexpectedArgument":
      return `${JSON.stringify(error.arguments[0])} is one word too many`
    default:
      return error.message
  }
}

/**
 * Reads the words after `sesh`, for these verbs. Words after the first `--` are a command, or text, and are not parsed.
 * Fails with the first error, and the right form.
 */
export const parser = <V extends Verb>(verbs: ReadonlyArray<V>) => {
  const vocabulary = vocabularyOf(verbs)
  const order = flagged(verbs)
  const listing = verbs.find(({ isMeantBy }) => isMeantBy === "no name")!
  const opening = verbs.find(({ isMeantBy }) => isMeantBy === "a name")!

  /** The verb that the command line means. */
  const asked = ({ command, flags, operands, verbs }: Words<V>): Effect.Effect<V, UsageError> => {
    const [first, second] = order.filter((verb) => verbs.includes(verb))
    if (second !== undefined) return usage(`--${first!.name} and --${second.name} do not go together`, HELP_FORM)
    const isNameless = operands.length === 0 && command === undefined &&
      !opening.flags.some(({ name }) => name in flags)
    return Effect.succeed(first ?? (isNameless ? listing : opening))
  }

  /** Fails with the first word that does not belong to the verb. */
  const check = (verb: V, { command, flags, host }: Words<V>): Effect.Effect<void, UsageError> => {
    const { form, name } = verb
    if (host !== undefined && !verb.takesHost) return usage(`--${name} does not go with a host`, form)
    for (const owner of verbs) {
      const foreign = owner.flags.find((flag) =>
        flag.name in flags && !verb.flags.some((own) => own.name === flag.name)
      )
      if (foreign === undefined) continue
      const where = verb.isMeantBy === undefined ? `go with --${name}` : "go here"
      return usage(`${foreign.words[0]} ${owner.misplaced ?? `does not ${where}`}`, owner.form)
    }
    if (command === undefined) return Effect.void
    if (!verb.takesCommand) return usage(`a command does not go with --${name}`, opening.form)
    const what = verb.beforeText === undefined ? "command" : "text"
    return command.length === 0 ? usage(`there is no ${what} after --`, form) : Effect.void
  }

  /** Fails with a host behind the name. `--send` has text there. */
  const checkOrder = (verb: V, { host, operands }: Words<V>, argv: ReadonlyArray<string>) => {
    const late = !verb.takesHost || host !== undefined
      ? undefined
      : operands.slice(1, verb.beforeText).find((word) =>
        word.startsWith("@") && Result.isSuccess(parseHostName(word.slice(1)))
      )
    if (late === undefined) return Effect.void
    const directory = verb.operands[1]?.kind === "directory" ? `, and a directory is written ./${late}` : ""
    const rest = argv.toSpliced(argv.indexOf(late), 1)
    return usage(`a host goes before the name${directory}`, ["sesh", late, ...rest].map(quoteIfNeeded).join(" "))
  }

  return Effect.fnUntraced(function*(argv: ReadonlyArray<string>): Effect.fn.Return<RequestOf<V>, UsageError> {
    const words = yield* cut(vocabulary, argv)
    const verb = yield* asked(words)
    yield* checkOrder(verb, words, argv)
    const { command = [], flags, host, operands } = words
    // If the operands are hosts, the `@host` that was found is the first of them.
    const isTargetHost = host !== undefined && verb.operands[0]?.kind !== "host"
    yield* check(verb, isTargetHost ? words : { ...words, host: undefined })
    const isText = operands.length >= (verb.beforeText ?? Infinity)
    return yield* Effect.mapError(
      verb.request({
        flags: { ...flags, [HOST_FLAG]: isTargetHost ? [host] : [], [COMMAND_FLAG]: command },
        arguments: [
          ...(host === undefined || isTargetHost ? [] : [`@${host}`]),
          ...operands,
          ...(isText ? command : [])
        ]
      }),
      (error) => new UsageError({ problem: problemOf(error), form: verb.form })
    ) as Effect.Effect<RequestOf<V>, UsageError>
  })
}
