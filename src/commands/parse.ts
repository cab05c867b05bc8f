/** From a command line to a request. */
import * as CliConfig from "effect/cli/CliConfig"
import * as CliError from "effect/cli/CliError"
import * as CliOutput from "effect/cli/CliOutput"
import * as Command from "effect/cli/Command"
import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import * as FileSystem from "effect/FileSystem"
import * as Layer from "effect/Layer"
import * as Path from "effect/Path"
import * as ChildProcessSpawner from "effect/process/ChildProcessSpawner"
import * as Stdio from "effect/Stdio"
import * as Terminal from "effect/Terminal"
import { parseSessionName, type SessionName } from "../schema/SessionName.ts"
import { forms } from "./help.ts"
import { type Request, UsageError } from "./request.ts"

const flag = (name: string, alias?: string) => {
  const plain = Flag.Boolean(name).pipe(Flag.withoutNegation)
  return Flag.withDefault(alias === undefined ? plain : Flag.withAlias(plain, alias), false)
}

/** Every verb is a flag, so that any name can be a session's. */
const flags = {
  help: flag("help", "h"),
  version: flag("version", "V"),
  json: flag("json"),
  names: flag("names"),
  noAttach: flag("no-attach", "d"),
  watch: flag("watch"),
  detach: flag("detach"),
  kill: flag("kill")
}

type Flags = { readonly [name in keyof typeof flags]: boolean }

/** Parsing asks nothing of the system: what effect/cli could ask is not there. */
const nothing = Layer.mergeAll(
  FileSystem.layerNoop({}),
  Path.layer,
  Stdio.layerTest({}),
  Layer.succeed(
    Terminal.Terminal,
    Terminal.make({
      columns: Effect.succeed(80),
      rows: Effect.succeed(24),
      size: Effect.die("unused"),
      readInput: Effect.die("unused"),
      readLine: Effect.die("unused"),
      display: () => Effect.void
    })
  ),
  Layer.succeed(
    ChildProcessSpawner.ChildProcessSpawner,
    ChildProcessSpawner.make(() => Effect.die("unused"))
  ),
  CliConfig.layer({ builtIns: [] }),
  // Errors and help are ours to word.
  CliOutput.layerPresenter({ present: () => Effect.void })
)

const usage = (problem: string, form: string) => Effect.fail(new UsageError({ problem, form }))

/** Flags by effect/cli. Operands go behind a `--`, or it would take one such as "1" for the value of a flag. */
const parseFlags = (words: ReadonlyArray<string>): Effect.Effect<Flags, UsageError> =>
  Effect.suspend(() => {
    let parsed: Flags | undefined
    const command = Command.make("sesh", flags, (input) => Effect.sync(() => void (parsed = input)))
    return Command.runWith(command, { version: "", renderErrors: false })(words).pipe(
      Effect.provide(nothing),
      Effect.andThen(() => parsed === undefined ? Effect.die("effect/cli ran no handler") : Effect.succeed(parsed)),
      Effect.catch((error) => {
        const first = CliError.isCliError(error) && error._tag === "ShowHelp" ? error.errors[0] : undefined
        const problem = first === undefined
          ? "the command line makes no sense"
          : first._tag === "UnrecognizedOption"
          ? `there is no option ${first.option}`
          : first.message
        return usage(problem, forms.help)
      })
    )
  })

const verbs = ["help", "version", "names", "watch", "detach", "kill"] as const

const toName = (input: string, form: string): Effect.Effect<SessionName, UsageError> =>
  Effect.fromResult(parseSessionName(input)).pipe(
    Effect.mapError((error) => new UsageError({ problem: error.message, form }))
  )

const toRequest = Effect.fnUntraced(function*(
  given: Flags,
  operands: ReadonlyArray<string>,
  command: ReadonlyArray<string> | undefined
) {
  const asked = verbs.filter((verb) => given[verb])
  if (asked.length > 1) {
    return yield* usage(`--${asked[0]} and --${asked[1]} do not go together`, forms.help)
  }
  const verb = asked[0] ?? (operands.length === 0 && command === undefined && !given.noAttach ? "list" : "open")
  const form = verb === "names" ? forms.help : forms[verb]
  const most = { help: 0, version: 0, names: 0, list: 0, detach: 1, watch: 1, open: 2, kill: Infinity }[verb]
  const least = { help: 0, version: 0, names: 0, list: 0, detach: 0, watch: 1, open: 1, kill: 1 }[verb]
  if (given.json && verb !== "list") return yield* usage("--json goes with the listing only", forms.list)
  if (given.noAttach && verb !== "open") return yield* usage(`-d does not go with --${verb}`, forms.open)
  if (command !== undefined && verb !== "open") return yield* usage(`a command does not go with --${verb}`, forms.open)
  if (command?.length === 0) return yield* usage("there is no command after --", form)
  if (operands.length < least) return yield* usage("the session's name is missing", form)
  if (operands.length > most) return yield* usage(`${JSON.stringify(operands[most])} is one word too many`, form)
  switch (verb) {
    case "help":
      return { _tag: "Help" } satisfies Request
    case "version":
      return { _tag: "Version" } satisfies Request
    case "names":
      return { _tag: "Names" } satisfies Request
    case "list":
      return { _tag: "List", json: given.json } satisfies Request
    case "kill":
      return {
        _tag: "Kill",
        names: yield* Effect.forEach(operands, (operand) => toName(operand, form))
      } satisfies Request
    case "watch":
      return { _tag: "Watch", name: yield* toName(operands[0]!, form) } satisfies Request
    case "detach":
      return {
        _tag: "Detach",
        name: operands[0] === undefined ? undefined : yield* toName(operands[0], form)
      } satisfies Request
    case "open":
      return {
        _tag: "Open",
        name: yield* toName(operands[0]!, form),
        dir: operands[1],
        command,
        detached: given.noAttach
      } satisfies Request
  }
})

/** What prompts, scripts and completions run all the time goes past effect/cli, which takes ten milliseconds. */
const oftenAsked = (argv: ReadonlyArray<string>): Request | undefined => {
  if (argv.length === 0) return { _tag: "List", json: false }
  if (argv.length > 1) return undefined
  switch (argv[0]) {
    case "--version":
    case "-V":
      return { _tag: "Version" }
    case "--names":
      return { _tag: "Names" }
    default:
      return undefined
  }
}

/**
 * Reads the words after `sesh`. What follows the first `--` is a command and is never looked at.
 * Fails with what is wrong and the right form.
 */
export const parse = Effect.fnUntraced(function*(argv: ReadonlyArray<string>) {
  const often = oftenAsked(argv)
  if (often !== undefined) return often
  const end = argv.indexOf("--")
  const head = end === -1 ? argv : argv.slice(0, end)
  const isOption = (word: string) => word.startsWith("-") && word !== "-"
  const given = yield* parseFlags(head.filter(isOption))
  const operands = head.filter((word) => !isOption(word))
  return (yield* toRequest(given, operands, end === -1 ? undefined : argv.slice(end + 1))) as Request
})
