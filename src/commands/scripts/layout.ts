/** The sessions there are, as text, and made again from it. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { LayoutEntry, MAX_LAYOUT_BYTES, MAX_LAYOUT_ENTRIES, MAX_LINE_BYTES } from "../../schema/Layout.ts"
import type { SessionInfo } from "../../schema/Session.ts"
import { Caller } from "../../services/Caller.ts"
import { Input } from "../../services/Input.ts"
import { Output } from "../../services/Output.ts"
import { Paths } from "../../services/Paths.ts"
import { type Listed, SessionRegistry } from "../../services/SessionRegistry.ts"
import type { Request } from "../language/request.ts"
import { launch } from "../session/launch.ts"
import { newSpec } from "../session/newSpec.ts"
import { explain } from "../words/failures.ts"
import { shortPath, visible } from "../words/text.ts"
import { formatEntry, HEADER, type LayoutLine, parseLayout, TOO_LARGE } from "./layoutFormat.ts"

/** What should be a layout is none, or none for this sesh. */
export class LayoutError extends Schema.TaggedError<LayoutError>()("LayoutError", {
  file: Schema.String,
  reason: Schema.String
}) {
  override get message() {
    return `cannot import ${this.file}: ${this.reason}`
  }
}

/** What stands for bytes that are not UTF-8 when a path is read as text. */
const REPLACEMENT = "\ufffd"

/**
 * Where a session is to be made again: its shell where it is now, as after a restart nobody wants to find their way
 * back; a command where it was started, for its arguments are meant from there.
 */
const place = ({ command, cwd, dir }: SessionInfo): { readonly dir: string; readonly doubt?: string } =>
  command !== undefined || cwd === undefined
    ? { dir }
    : cwd.includes(REPLACEMENT)
    ? { dir, doubt: "exported where it was started: where it is now has a name that is not UTF-8" }
    : { dir: cwd }

const decodeEntry = Schema.decodeUnknownResult(LayoutEntry)

interface Exported {
  readonly line?: string
  /** What a person should know; without a line: why there is none. */
  readonly problem?: string
}

const exported = ({ info, name, problem }: Listed): Exported => {
  if (info === undefined) return { problem: `${name}: not exported: it does not answer (${problem})` }
  const { dir, doubt } = place(info)
  const entry = decodeEntry({ name, dir, ...(info.command === undefined ? {} : { command: info.command }) })
  if (Result.isFailure(entry)) return { problem: `${name}: not exported: what it says of itself makes no sense` }
  const line = formatEntry(entry.success)
  if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
    return { problem: `${name}: not exported: its command is longer than ${MAX_LINE_BYTES / 1024} KiB` }
  }
  const worth = problem === undefined ? doubt : `exported as it was when it began: it does not answer now (${problem})`
  return worth === undefined ? { line } : { line, problem: `${name}: ${worth}` }
}

/** `sesh --export`: every session that can be made again. Fails if there is one that cannot. */
export const exportLayout = Effect.fn("exportLayout")(function*() {
  const { note, write } = yield* Output
  const sessions = (yield* (yield* SessionRegistry).list).map(exported)
  const lines = sessions.flatMap(({ line }) => line ?? [])
  const bytes = Buffer.from(`${HEADER}${lines.join("")}`)
  yield* write([bytes])
  for (const { problem } of sessions) if (problem !== undefined) yield* note(explain({ message: problem }))
  if (lines.length <= MAX_LAYOUT_ENTRIES && bytes.length <= MAX_LAYOUT_BYTES) {
    return lines.length === sessions.length ? 0 : 1
  }
  yield* note("sesh: this is more than --import reads at once: divide it")
  return 1
})

/** Reads no more than it has to of what is too large. */
const readLayout = Effect.fnUntraced(function*(file: string | undefined) {
  const input = yield* Input
  const { home } = yield* Caller
  const source = file ?? "standard input"
  const failed = (reason: string) => new LayoutError({ file: source, reason })
  if (file === undefined && input.isTerminal) {
    yield* (yield* Output).note("sesh: waits for a layout on standard input; Ctrl-D ends it")
  }
  const parts: Array<Uint8Array> = []
  let length = 0
  yield* Stream.runForEach(file === undefined ? input.bytes : input.file(file), (part) => {
    parts.push(part)
    length += part.length
    return length > MAX_LAYOUT_BYTES ? Effect.fail(failed(TOO_LARGE)) : Effect.void
  })
  return yield* Effect.fromResult(Result.mapError(parseLayout(Buffer.concat(parts), home), failed))
})

/** What became of a line. */
interface Outcome {
  readonly created: boolean
  readonly said: string
}

/** The most characters of a reason: it may quote a whole line. */
const MAX_REASON = 500

const skipped = (line: number, why: string): Outcome => ({
  created: false,
  said: `line ${line}: ${why.length > MAX_REASON ? `${why.slice(0, MAX_REASON)}...` : why}`
})

const isThere = (line: number, name: string) => skipped(line, `${name}: is there already, left as it is`)

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
    Effect.map((dir): Outcome => ({ created: true, said: `${name}: created in ${shortPath(dir, home)}` })),
    Effect.catchTag("SessionExists", () => Effect.succeed(isThere(line, name))),
    Effect.catchTag("LaunchError", ({ reason }) => Effect.succeed(skipped(line, `${name}: skipped: ${reason}`))),
    Effect.catch(({ message }) => Effect.succeed(skipped(line, `${name}: skipped: ${message}`)))
  )
})

/** What is to be made of each line, or why nothing is. */
const plan = (lines: ReadonlyArray<LayoutLine>, there: ReadonlySet<string>) => {
  const first = new Map<string, number>()
  return lines.map(({ entry, line }): Result.Result<readonly [line: number, entry: LayoutEntry], Outcome> => {
    if (Result.isFailure(entry)) return Result.fail(skipped(line, `skipped: ${entry.failure}`))
    const { host, name } = entry.success
    const key = `${name}@${host ?? ""}`
    const before = first.get(key)
    if (before !== undefined) return Result.fail(skipped(line, `${name}: skipped: line ${before} has it already`))
    first.set(key, line)
    if (host !== undefined) {
      return Result.fail(skipped(line, `${name}: skipped: it is on ${host}, and --import makes sessions here only`))
    }
    return there.has(name) ? Result.fail(isThere(line, name)) : Result.succeed([line, entry.success])
  })
}

/** Sessions that are started at the same time: each is a process that has work to do before it waits. */
const AT_ONCE = 4

/** `sesh --import`: makes the sessions of a layout that are not there. Fails if one was not made. */
export const importLayout = Effect.fn("importLayout")(
  function*(request: Extract<Request, { readonly _tag: "Import" }>) {
    const { note, print } = yield* Output
    const lines = yield* readLayout(request.file)
    if (lines.length === 0) return 0
    yield* (yield* Paths).ensure
    const there = new Set<string>((yield* (yield* SessionRegistry).list).map(({ name }) => name))
    return yield* Stream.fromIterable(plan(lines, there)).pipe(
      Stream.mapEffect((step) => Result.isFailure(step) ? Effect.succeed(step.failure) : create(...step.success), {
        concurrency: AT_ONCE
      }),
      Stream.mapEffect(({ created, said }) =>
        created ? Effect.as(print(visible(said)), 0) : Effect.as(note(explain({ message: said })), 1)
      ),
      Stream.runFold(() => 0, Math.max)
    )
  }
)
