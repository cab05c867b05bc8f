import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { type LayoutEntry, MAX_LAYOUT_BYTES } from "../../schema/Layout.ts"
import { messageOf } from "../../schema/Text.ts"
import { Caller } from "../../services/Caller.ts"
import { Input } from "../../services/Input.ts"
import { Output } from "../../services/Output.ts"
import { Paths } from "../../services/Paths.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { notEmpty, operand } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { launch } from "../session/launch.ts"
import { newSpec } from "../session/newSpec.ts"
import { explain } from "../words/failures.ts"
import { shortPath, visible } from "../words/text.ts"
import { type BadLayout, type LayoutLine, parseLayout, tooLarge } from "./layoutFormat.ts"

/** The text is not a layout, or not one that this sesh can read. */
export class LayoutError extends Schema.TaggedError<LayoutError>()("LayoutError", {
  file: Schema.String,
  /** The `BadLayout`. */
  cause: Schema.Defect()
}) {
  override get message() {
    return `cannot import ${this.file}: ${messageOf(this.cause)}`
  }
}

/** Stops reading once the input is too large. */
const readLayout = Effect.fnUntraced(function*(file: string | undefined) {
  const input = yield* Input
  const { home } = yield* Caller
  const source = file ?? "standard input"
  const failed = (cause: BadLayout) => new LayoutError({ file: source, cause })
  if (file === undefined && input.isTerminal) {
    yield* (yield* Output).note("sesh: waits for a layout on standard input; Ctrl-D ends it")
  }
  const parts: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(file === undefined ? input.bytes : input.file(file), (part) => {
    parts.push(part)
    length += part.length
    return length > MAX_LAYOUT_BYTES ? Effect.fail(failed(tooLarge())) : Effect.void
  })
  return yield* Effect.fromResult(Result.mapError(parseLayout(Buffer.concat(parts), home), failed))
})

/** The result of a line. */
interface Outcome {
  readonly created: boolean
  readonly message: string
}

/** Limit of a reason, in characters: it may quote a whole line. */
const MAX_REASON = 500

const skipped = (line: number, why: string): Outcome => ({
  created: false,
  message: `line ${line}: ${why.length > MAX_REASON ? `${why.slice(0, MAX_REASON)}...` : why}`
})

const alreadyExists = (line: number, name: string) => skipped(line, `${name}: is there already, left as it is`)

const make = Effect.fnUntraced(function*({ command, dir, name }: LayoutEntry) {
  yield* (yield* Paths).checkSocketPath(name)
  const spec = yield* newSpec({ name, dir, command, awaited: false })
  yield* launch(spec)
  return spec.dir
})

const create = Effect.fnUntraced(function*(line: number, entry: LayoutEntry) {
  const { home } = yield* Caller
  const { name } = entry
  return yield* make(entry).pipe(
    Effect.map((dir): Outcome => ({ created: true, message: `${name}: created in ${shortPath(dir, home)}` })),
    Effect.catchTag("SessionExists", () => Effect.succeed(alreadyExists(line, name))),
    Effect.catchTag("LaunchError", ({ reason }) => Effect.succeed(skipped(line, `${name}: skipped: ${reason}`))),
    Effect.catch(({ message }) => Effect.succeed(skipped(line, `${name}: skipped: ${message}`)))
  )
})

/** The session to create for each line, or why the line is skipped. */
const plan = (lines: ReadonlyArray<LayoutLine>, existing: ReadonlySet<string>) => {
  const first = new Map<string, number>()
  return lines.map(({ entry, line }): Result.Result<readonly [line: number, entry: LayoutEntry], Outcome> => {
    if (Result.isFailure(entry)) return Result.fail(skipped(line, `skipped: ${entry.failure.message}`))
    const { host, name } = entry.success
    const key = `${name}@${host ?? ""}`
    const before = first.get(key)
    if (before !== undefined) return Result.fail(skipped(line, `${name}: skipped: line ${before} has it already`))
    first.set(key, line)
    if (host !== undefined) {
      return Result.fail(skipped(line, `${name}: skipped: it is on ${host}, and --import makes sessions here only`))
    }
    return existing.has(name) ? Result.fail(alreadyExists(line, name)) : Result.succeed([line, entry.success])
  })
}

/** Sessions to start at the same time: each is a process that needs the CPU while it starts. */
const CONCURRENCY = 4

/** `sesh --import`: creates the missing sessions of a layout. Exits with 1 if one was not created. */
export const importLayout = verb({
  name: "import",
  help: {
    group: "Layout and setup",
    form: "sesh --import [file]",
    meaning: "create the missing sessions of an export",
    details: [
      "The list comes from `<file>`, or from standard input. Sessions that exist are left alone, and none is attached. Each line is answered with what was done, or with why it was skipped; if one was skipped, the exit status is 1."
    ]
  },
  params: {
    /** Undefined: standard input. */
    file: operand("file", "file").pipe(
      Argument.withDefault(undefined),
      notEmpty("file"),
      Argument.map((file) => file === "-" ? undefined : file)
    )
  },
  run: ({ file }) => createMissing(file)
})

const createMissing = Effect.fn("importLayout")(
  function*(file: string | undefined) {
    const { note, print } = yield* Output
    const lines = yield* readLayout(file)
    if (lines.length === 0) return 0
    yield* (yield* Paths).ensure
    const existing = new Set<string>((yield* (yield* SessionRegistry).list).map(({ name }) => name))
    return yield* Stream.fromIterable(plan(lines, existing)).pipe(
      Stream.mapEffect((step) => Result.isFailure(step) ? Effect.succeed(step.failure) : create(...step.success), {
        concurrency: CONCURRENCY
      }),
      Stream.mapEffect(({ created, message: said }) =>
        created ? Effect.as(print(visible(said)), 0) : Effect.as(note(explain({ message: said })), 1)
      ),
      Stream.runFold(() => 0, Math.max)
    )
  }
)
