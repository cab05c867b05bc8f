/** Flags and arguments of several verbs, and helpers to make more. */
import * as Arr from "effect/Array"
import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Flag from "effect/cli/Flag"
import * as Param from "effect/cli/Param"
import * as Effect from "effect/Effect"
import type * as Result from "effect/Result"
import { type HostName, parseHostName } from "../../schema/HostName.ts"
import { parseSessionName } from "../../schema/SessionName.ts"
import { visible } from "../words/text.ts"
import { COMMAND_FLAG, type Help, HOST_FLAG, type Kind } from "./verb.ts"

/** The help of `@<host>`. */
export const hostHelp: Help = {
  group: "On other hosts",
  form: "sesh @<host> ...",
  meaning: "any of the above, there: sesh @web, sesh @web dev, sesh --kill @web dev",
  details: [
    "`@<host>` goes before the name, before or after the flag. The host is what `ssh` calls one: a name from its configuration, an address, `user@host`, or `ssh://user@host:port`, for which `user@host:port` will do. It needs a `sesh`, in `~/.local/bin` or on the PATH: `sesh @<host> <name>` and --exec put it there. A new session starts in the home there, with a login shell; of the environment it gets what tells of the terminal and the language.",
    "Without `@<host>`, a session is first looked for here. If it is not here, `sesh <name>`, --watch, --detach, --kill, --history, --send and --wait ask all hosts on which `sesh` has worked before, all at once. A host that had the session when it answered last is waited for up to 5 seconds, any other 1.5 seconds. What is typed meanwhile is kept for the session; `Ctrl-C` ends the command. One that is found is used, and said. If there are several, you are asked which, or without a terminal are told what to type, and the exit status is 1. If there is none, `sesh <name>` creates it here; but where a host had it that cannot be asked now, you are asked, or told, in the same way.",
    "Passwords and passphrases are asked for where the host is named and a terminal is there, never in a listing or a search. When the connection of an attached session is lost, `sesh` connects again by itself and asks nothing: if the host wants a login, Enter lets you log in, and what is typed until the session is back is dropped. Exit statuses are those of the session there; 255 when the connection is lost for good. Then `--wait` and `--exec` do not know how it ends: the command may still run."
  ]
}

const orWrong = <A, E extends { readonly message: string }>(decoded: Result.Result<A, E>) =>
  Effect.mapError(
    Effect.fromResult(decoded),
    (cause) => new CliError.UserError({ cause, userMessage: cause.message })
  )

/** Converts a value; a failure's message becomes the usage error. */
export const decoded = <A, B, E extends { readonly message: string }>(decode: (value: A) => Result.Result<B, E>) =>
  Param.mapEffect((value: A) => orWrong(decode(value)))

/** Refuses an empty value: a variable was not set. `what`: "file", "directory". */
export const notEmpty = (what: string) =>
  Param.mapEffect((value: string | undefined) =>
    value === ""
      ? Effect.fail(new CliError.ValidationError({ message: `the ${what}'s name is empty` }))
      : Effect.succeed(value)
  )

/** An argument; `name` is for the message when it is missing. */
export const operand = (kind: Kind, name: string) => Argument.String(name).pipe(Argument.withMetavar(kind))

/** The session's name. */
export const session = operand("session", "session's name").pipe(decoded(parseSessionName))

/** The name of a session to create. */
export const newName = operand("new name", "session's name").pipe(decoded(parseSessionName))

/**
 * The last value of a flag, or `none`. Not with `Flag.withDefault`: that makes and catches an error for each missing
 * flag, which costs more than the rest of the parsing.
 */
export const lastOr = <const B>(none: B) => <A>(flag: Flag.Flag<A>): Flag.Flag<A | B> =>
  flag.pipe(Flag.atLeast(0), Flag.map((values) => values.length === 0 ? none : values.at(-1)!))

/** A flag without a value, with its line in the help. If it has a letter, the help shows that. */
export const flag = (name: string, meaning: string, letter?: string): Flag.Flag<boolean> => {
  const plain = Flag.Boolean(name).pipe(Flag.withoutNegation, Flag.withDescription(meaning))
  return (letter === undefined ? plain : Flag.withAlias(plain, letter)).pipe(lastOr(false))
}

/** The host to run on; undefined: here, or wherever the session is. */
export const host = Flag.String(HOST_FLAG).pipe(Flag.map((host) => host as HostName), lastOr(undefined))

/** The words after `--`: a command with its arguments. */
export const command = Flag.String(COMMAND_FLAG).pipe(Flag.atLeast(1))

/** A word that names a host: `@host`. */
export const atHost = (word: string): Effect.Effect<HostName, CliError.CliError> =>
  word.startsWith("@")
    ? orWrong(parseHostName(word.slice(1)))
    : Effect.fail(new CliError.ValidationError({ message: `a host is written @${visible(word)}` }))

/** One host or more, each once, for verbs that are about hosts. */
export const hosts = operand("host", "host").pipe(
  Argument.mapEffect(atHost),
  Argument.atLeast(1),
  Argument.map(Arr.dedupe)
)
