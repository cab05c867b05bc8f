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
import { type HostName, parseHostName } from "../../schema/HostName.ts"
import { parseSessionName, type SessionName } from "../../schema/SessionName.ts"
import { visible } from "../words/text.ts"
import { forms } from "./help.ts"
import { type Request, SHELLS, UsageError } from "./request.ts"
import { flagged, type Option, OPTIONS, type Verb, type VerbName, verbs } from "./verbs.ts"

const flag = (name: string, alias?: string) => {
  const plain = Flag.Boolean(name).pipe(Flag.withoutNegation)
  return Flag.withDefault(alias === undefined ? plain : Flag.withAlias(plain, alias), false)
}

/** Every verb is a flag, so that any name can be a session's. */
const flags = {
  help: flag("help", "h"),
  version: flag("version", "V"),
  names: flag("names"),
  hosts: flag("hosts"),
  watch: flag("watch"),
  detach: flag("detach"),
  kill: flag("kill"),
  exec: flag("exec"),
  history: flag("history"),
  send: flag("send"),
  wait: flag("wait"),
  export: flag("export"),
  import: flag("import"),
  completions: flag("completions"),
  serve: flag("serve"),
  bridge: flag("bridge"),
  deploy: flag("deploy"),
  upgrade: flag("upgrade"),
  json: flag("json"),
  noAttach: flag("no-attach", "d"),
  print: flag("print"),
  keep: flag("keep"),
  ansi: flag("ansi"),
  enter: flag("enter")
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

/** What effect/cli finds wrong with flags. */
const flagProblem = (error: CliError.CliError | undefined): string => {
  switch (error?._tag) {
    case "UnrecognizedOption":
      return `there is no option ${error.option}`
    // A number with a dash is no flag to it.
    case "UnexpectedArgument":
      return `there is no option ${error.arguments[0]}`
    // None of ours takes a value: it counted the flag.
    case "InvalidValue":
      return `${error.option === "no-attach" ? "-d" : `--${error.option}`} is there more than once`
    default:
      return error?.message ?? "the command line makes no sense"
  }
}

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
        return usage(flagProblem(first), forms.help)
      })
    )
  })

const toName = (input: string, form: string): Effect.Effect<SessionName, UsageError> =>
  Effect.fromResult(parseSessionName(input)).pipe(
    Effect.mapError((error) => new UsageError({ problem: error.message, form }))
  )

/** `@host`. */
const toHost = (input: string, form: string): Effect.Effect<HostName, UsageError> =>
  input.startsWith("@")
    ? Effect.fromResult(parseHostName(input.slice(1))).pipe(
      Effect.mapError((error) => new UsageError({ problem: error.message, form }))
    )
    : usage(`a host is written @${visible(input)}`, form)

/** A command line taken apart: what begins with a dash, what does not, and what follows `--`. */
interface Words {
  /** What `@host` before all operands names. */
  readonly host: HostName | undefined
  readonly flags: ReadonlyArray<string>
  readonly operands: ReadonlyArray<string>
  readonly command: ReadonlyArray<string> | undefined
  /** The value of `-C`. */
  readonly dir: string | undefined
}

const isOption = (word: string) => word.startsWith("-") && word !== "-"

const split = Effect.fnUntraced(function*(argv: ReadonlyArray<string>) {
  const end = argv.indexOf("--")
  const head = end === -1 ? argv : argv.slice(0, end)
  const command = end === -1 ? undefined : argv.slice(end + 1)
  const flags: Array<string> = []
  const operands: Array<string> = []
  let dir: string | undefined
  let host: HostName | undefined
  for (let index = 0; index < head.length; index++) {
    const word = head[index]!
    const isText = flags.includes("--send") && operands.length > 0 && !isLastEnter(head, index)
    if (word.startsWith("@") && operands.length === 0 && host === undefined) {
      host = yield* toHost(word, forms.host)
    } else if (isText || !isOption(word)) {
      operands.push(word)
    } else if (word.startsWith("-C")) {
      dir = word === "-C" ? head[++index] : word.slice(2)
      if (dir === undefined) return yield* usage("the directory after -C is missing", forms.exec)
    } else if (word.includes("=")) {
      // effect/cli takes `--kill=no` for a no, and we would open the session that was to be killed.
      return yield* usage(`there is no option ${word}`, forms.help)
    } else {
      flags.push(word)
    }
  }
  return { host, flags, operands, command, dir } satisfies Words
})

/** What follows the name after `--send` is text, dashes or not, but for a last `--enter`. */
const isLastEnter = (head: ReadonlyArray<string>, index: number): boolean =>
  head[index] === "--enter" && index === head.length - 1

const asked = (given: Flags, { command, operands }: Words): VerbName =>
  flagged.find((verb) => given[verb]) ??
    (operands.length === 0 && command === undefined && !given.noAttach ? "list" : "open")

/** Where hosts are operands, what was taken for the place is the first of them. */
const withHosts = (given: Flags, words: Words): Words => {
  const verb: Verb = verbs[asked(given, words)]
  return words.host === undefined || verb.takes[0] !== "host"
    ? words
    : { ...words, host: undefined, operands: [`@${words.host}`, ...words.operands] }
}

/** Fails with the first thing that does not belong together. */
const check = Effect.fnUntraced(function*(given: Flags, words: Words) {
  const several = flagged.filter((verb) => given[verb])
  if (several.length > 1) {
    return yield* usage(`--${several[0]} and --${several[1]} do not go together`, forms.help)
  }
  const name = asked(given, words)
  const verb: Verb = verbs[name]
  const { command, dir, host, operands } = words
  const { form, operands: [least, most] } = verb
  if (host !== undefined && verb.there !== true) return yield* usage(`--${name} does not go with a host`, form)
  for (const option of Object.keys(OPTIONS) as ReadonlyArray<Option>) {
    const isGiven = option === "dir" ? dir !== undefined : given[option]
    if (!isGiven || verb.options?.includes(option)) continue
    const home = Object.values<Verb>(verbs).find(({ options }) => options?.includes(option))!
    return yield* usage(
      option === "json"
        ? "--json goes with the listing only"
        : name === "open" || name === "list"
        ? `${OPTIONS[option]} does not go here`
        : `${OPTIONS[option]} does not go with --${name}`,
      home.form
    )
  }
  if (command !== undefined && verb.command === undefined) {
    return yield* usage(`a command does not go with --${name}`, forms.open)
  }
  if (command === undefined && verb.command === "must") return yield* usage("the command after -- is missing", form)
  if (command?.length === 0) return yield* usage(`there is no ${name === "send" ? "text" : "command"} after --`, form)
  if (operands.length < least) return yield* usage(`the ${verb.operand ?? "session's name"} is missing`, form)
  if (operands.length > most) return yield* usage(`${JSON.stringify(operands[most])} is one word too many`, form)
  if (dir === "" || (name === "open" && operands[1] === "")) return yield* usage("the directory's name is empty", form)
  if (name === "detach" && host !== undefined && operands.length === 0) {
    return yield* usage(`say which session on ${host} to detach`, form)
  }
  return name
})

const toRequest = Effect.fnUntraced(function*(given: Flags, words: Words): Effect.fn.Return<Request, UsageError> {
  const verb = yield* check(given, words)
  const { command, dir, operands } = words
  const { form } = verbs[verb]
  const where = words.host === undefined ? {} : { host: words.host }
  const [first] = operands
  const name = toName(first ?? "", form)
  switch (verb) {
    case "help":
      return { _tag: "Help" }
    case "version":
      return { _tag: "Version" }
    case "names":
      return { _tag: "Names", ...where }
    case "hosts":
      return { _tag: "Hosts" }
    case "list":
      return { _tag: "List", json: given.json, ...where }
    case "kill":
      return { _tag: "Kill", names: yield* Effect.forEach(operands, (operand) => toName(operand, form)), ...where }
    case "watch":
      return { _tag: "Watch", name: yield* name, ...where }
    case "detach":
      return { _tag: "Detach", name: first === undefined ? undefined : yield* name, ...where }
    case "open":
      return { _tag: "Open", name: yield* name, dir: operands[1], command, detached: given.noAttach, ...where }
    case "exec":
      return { _tag: "Exec", name: yield* name, dir, command: command!, print: given.print, keep: given.keep, ...where }
    case "history":
      return { _tag: "History", name: yield* name, ansi: given.ansi, ...where }
    case "send": {
      const text = [...operands.slice(1), ...command ?? []]
      return {
        _tag: "Send",
        name: yield* name,
        text: text.length === 0 ? undefined : text.join(" "),
        enter: given.enter,
        ...where
      }
    }
    case "wait":
      return { _tag: "Wait", name: yield* name, ...where }
    case "export":
      return { _tag: "Export" }
    case "import":
      if (first === "") return yield* usage("the file's name is empty", form)
      return { _tag: "Import", file: first === "-" ? undefined : first }
    case "serve":
      return { _tag: "Serve" }
    case "bridge":
      return { _tag: "Bridge", name: yield* name }
    case "completions": {
      const shell = SHELLS.find((shell) => shell === first)
      if (shell === undefined) return yield* usage(`there are no completions for ${JSON.stringify(first)}`, form)
      return { _tag: "Completions", shell }
    }
    case "deploy":
      return { _tag: "Deploy", hosts: yield* Effect.forEach([...new Set(operands)], (word) => toHost(word, form)) }
    case "upgrade":
      return { _tag: "Upgrade" }
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
    case "--hosts":
      return { _tag: "Hosts" }
    case "--serve":
      return { _tag: "Serve" }
    default:
      return undefined
  }
}

/**
 * Reads the words after `sesh`. What follows the first `--` is a command, or text, and is never looked at.
 * Fails with what is wrong and the right form.
 */
export const parse = Effect.fnUntraced(function*(argv: ReadonlyArray<string>) {
  const often = oftenAsked(argv)
  if (often !== undefined) return often
  const words = yield* split(argv)
  const given = yield* parseFlags(words.flags)
  return yield* toRequest(given, withHosts(given, words))
})
