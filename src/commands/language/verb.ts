/**
 * A verb of the command line: one value that says everything about it.
 *
 * Flags and arguments are effect/cli's, and parse themselves. Its `Command` is not used: it would split the words
 * again, after argv.ts, and `Command.runWith` takes 0.6 to 1.6 ms of a start, the parameters alone 0.1 to 0.4.
 */
import * as CliError from "effect/cli/CliError"
import type * as Command from "effect/cli/Command"
import type * as Param from "effect/cli/Param"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"

/** Headings of the help, in their order. */
export const GROUPS = ["Sessions", "In scripts", "On other hosts", "Layout and setup"] as const

/** A form of the command line, for the help. */
export interface Help {
  readonly group: typeof GROUPS[number]
  /** What to type; usage errors show it too. */
  readonly form: string
  /** What it does, in a line. */
  readonly meaning: string
  /** Paragraphs of the manual after that line; backticks mark what the user types. */
  readonly details: ReadonlyArray<string>
}

/** The form of a usage error that belongs to no verb. */
export const HELP_FORM = "sesh --help"

/**
 * Flags and arguments of effect/cli, under the names that their values have in the verb's input. A flag's description
 * is its line in the help. An argument's name is what it is called when it is missing, its metavar what it is (`Kind`).
 */
export type Params = Readonly<Record<string, Param.Any>>
export type InputOf<P extends Params> = Command.Command.Config.Infer<P>

/** What a word stands for. Shells complete all kinds except new names and texts. */
export type Kind = "session" | "new name" | "directory" | "file" | "shell" | "text" | "host"

/** Flags that users cannot type: argv.ts passes the host in one, and the words after `--` in the other. */
export const HOST_FLAG = "@"
export const COMMAND_FLAG = "--"

/** A flag of a verb. */
export interface Flag {
  /** As effect/cli knows it. */
  readonly name: string
  /** All ways to type it; the help shows the first. */
  readonly words: readonly [string, ...ReadonlyArray<string>]
  /** What its value stands for; undefined: it has none. */
  readonly value: Kind | undefined
  readonly form: string
  readonly meaning: string
  /** What the manual says after that. */
  readonly details: string
}

export interface Operand {
  readonly kind: Kind
  /** All words that follow are of this kind. */
  readonly isVariadic: boolean
}

/** What a command line asks for. */
export interface Request<out E = unknown, out R = unknown> {
  readonly verb: string
  /** The values of its flags and operands. */
  readonly input: Readonly<Record<string, unknown>>
  /** Our variables are not checked before. */
  readonly ignoresVariables: boolean
  /** Does it, and gives the exit code. */
  readonly run: Effect.Effect<number, E, R>
}

export interface Verb<out E = unknown, out R = unknown> {
  readonly name: string
  /** The words that mean it; none if `isMeantBy` is set. */
  readonly words: ReadonlyArray<string>
  /** Without a verb, the command line means this one if it has no name (the listing), or a name (opening a session). */
  readonly isMeantBy: "no name" | "a name" | undefined
  /** Undefined for verbs that only completions, or a sesh on another machine, use. */
  readonly help: Help | undefined
  readonly form: string
  /** Message about its flags with another verb; by default, which verb they do not go with. */
  readonly misplaced: string | undefined
  readonly flags: ReadonlyArray<Flag>
  readonly operands: ReadonlyArray<Operand>
  /** The number of operands before its text; undefined: it takes no text. */
  readonly beforeText: number | undefined
  /** `@host` may come before the operands. */
  readonly takesHost: boolean
  /** A command, or more text, may follow `--`. */
  readonly takesCommand: boolean
  /** Parses its flags and operands. Fails with the first error. */
  readonly request: (given: Param.ParsedArgs) => Effect.Effect<Request<E, R>, CliError.CliError>
}

/** All verbs, for help and completions. run.ts provides them. */
export class Verbs extends Context.Service<Verbs, ReadonlyArray<Verb>>()("sesh/commands/Verbs") {}

type Node =
  | Param.Single<Param.ParamKind, unknown>
  | Param.Map<Param.ParamKind, unknown, unknown>
  | Param.Transform<Param.ParamKind, unknown, unknown>
  | Param.Optional<Param.ParamKind, unknown>
  | Param.Variadic<Param.ParamKind, unknown>

/** The parameter without its conversions and defaults. */
const innermost = (param: Param.Any, isVariadic = false): {
  readonly single: Param.Single<Param.ParamKind, unknown>
  readonly isVariadic: boolean
} => {
  const node = param as Node
  return node._tag === "Single"
    ? { single: node, isVariadic }
    : innermost(node.param, isVariadic || node._tag === "Variadic")
}

const dashed = (name: string): string => name.length === 1 ? `-${name}` : `--${name}`

/** Short names of values in a form. */
const SHORT: Partial<Record<Kind, string>> = { directory: "dir" }

const flagOf = (single: Param.Single<Param.ParamKind, unknown>, details = ""): Flag => {
  const { aliases, description, name, primitiveType, typeName } = single
  const value = primitiveType._tag === "Boolean" ? undefined : typeName as Kind
  // The letter comes first, so the help shows it.
  const words = [...aliases, name].map(dashed) as [string, ...Array<string>]
  const form = value === undefined ? words[0] : `${words[0]} <${SHORT[value] ?? value}>`
  return { name, words, value, form, meaning: Option.getOrElse(description, () => ""), details }
}

/** Parses the parameters with effect/cli. Fails if words are left over. */
const parseParams = Effect.fnUntraced(function*(params: Params, given: Param.ParsedArgs) {
  const values: Record<string, unknown> = {}
  let words = given.arguments
  for (const [key, param] of Object.entries(params)) {
    const [left, value] = yield* param.parse({ flags: given.flags, arguments: words })
    values[key] = value
    words = left
  }
  if (words.length > 0) return yield* new CliError.UnexpectedArgument({ arguments: words })
  return values
})

/** The services that effect/cli's flags may need. Ours need none: no `Flag.File`, no prompts. */
const NOTHING = Context.empty() as Context.Context<Command.Environment>

/**
 * Makes a verb. Its file says everything about it; a line in verbs.ts adds it to sesh. A verb without `help` is hidden.
 * `problem` says what is wrong with an input as a whole. `ignoresVariables`: our variables make no difference to it, or
 * it checks them itself; so it is with hidden verbs.
 */
export const verb = <const P extends Params, Run extends Effect.Effect<number, unknown, unknown>>(
  { help, ignoresVariables = help === undefined, isMeantBy, letter, misplaced, name, params, problem, run }: {
    readonly name: string
    readonly letter?: string
    readonly isMeantBy?: "no name" | "a name"
    readonly misplaced?: string
    readonly ignoresVariables?: boolean
    /** `flags`: what the manual says of the flags, after their line of the help. */
    readonly help?: Help & { readonly flags?: { readonly [key in keyof P]?: string } }
    readonly params: P
    readonly problem?: (input: InputOf<P>) => string | undefined
    readonly run: (input: InputOf<P>) => Run
  }
): Verb<Effect.Error<Run>, Effect.Services<Run>> => {
  const all = Object.entries(params).map(([key, param]) => {
    const { isVariadic, single } = innermost(param)
    return { key, kind: param.kind, isVariadic, single }
  })
  const has = (name: string) => all.some(({ single }) => single.name === name)
  const operands = all.filter(({ kind }) => kind === "argument").map(({ isVariadic, single }): Operand => ({
    kind: single.typeName as Kind,
    isVariadic
  }))
  const textAt = operands.findIndex(({ kind }) => kind === "text")
  return {
    name,
    words: isMeantBy === undefined ? [name, ...letter === undefined ? [] : [letter]].map(dashed) : [],
    isMeantBy,
    help,
    form: help?.form ?? HELP_FORM,
    misplaced,
    flags: all.filter(({ kind, single: { name } }) => kind === "flag" && name !== HOST_FLAG && name !== COMMAND_FLAG)
      .map(({ key, single }) => flagOf(single, help?.flags?.[key])),
    operands,
    beforeText: textAt === -1 ? undefined : textAt,
    takesHost: has(HOST_FLAG),
    takesCommand: has(COMMAND_FLAG) || textAt !== -1,
    request: (given) =>
      Effect.flatMap(Effect.provideContext(parseParams(params, given), NOTHING), (input) => {
        const message = problem?.(input as InputOf<P>)
        if (message !== undefined) return Effect.fail(new CliError.ValidationError({ message }))
        const doing = Effect.suspend(() => run(input as InputOf<P>))
        return Effect.succeed({
          verb: name,
          input,
          ignoresVariables,
          run: doing as Effect.Effect<number, Effect.Error<Run>, Effect.Services<Run>>
        })
      })
  }
}
