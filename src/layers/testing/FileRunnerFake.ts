import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import {
  type FileRunner,
  type Pushed,
  type PushOptions,
  RsyncRunner,
  ScpRunner,
  ToolMissing
} from "../../services/FileRunner.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"

/** What was copied, and what goes wrong: for tests to look at and to change. */
export class FileRunnerTestRef extends Context.Service<FileRunnerTestRef, {
  /** In order, with the program. */
  readonly made: Array<{ readonly tool: string; readonly host: HostName; readonly paths: ReadonlyArray<string> }>
  /** Programs that are missing. */
  readonly missing: Map<string, "here" | "there">
  /** Paths that fail, by name. */
  readonly failures: Map<string, NonNullable<Pushed["failure"]>>
  /** Hosts to which there is no way, by name. */
  readonly unreachable: Map<string, ConnectFailure>
  /** Runs before anything is copied. */
  before: Effect.Effect<void>
}>()("sesh/layers/testing/FileRunnerTestRef") {}

/**
 * Copies a path from the home here to the one there, but for what is `kept`. `isExact`: as rsync does, links as links,
 * and nothing else left.
 */
export type Put = (path: string, isExact: boolean, kept: ReadonlyArray<string>) => Pushed

/** Both runners. They copy nothing, unless `put` does. */
export const layer = (put: Put = (path) => ({ path })): Layer.Layer<RsyncRunner | ScpRunner | FileRunnerTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const copies: FileRunnerTestRef["Service"] = {
      made: [],
      missing: new Map(),
      failures: new Map(),
      unreachable: new Map(),
      before: Effect.void
    }
    const runner = (tool: string): FileRunner => ({
      tool,
      push: Effect.fnUntraced(function*(host: HostName, paths: ReadonlyArray<string>, options?: PushOptions) {
        yield* copies.before
        const where = copies.missing.get(tool)
        if (where === "here") return yield* new ToolMissing({ tool, where })
        const unreachable = copies.unreachable.get(host)
        if (unreachable !== undefined) return yield* unreachable
        if (where !== undefined) return yield* new ToolMissing({ tool, where })
        // Others get their turn, as with a program.
        yield* Effect.promise(() => new Promise<void>((resolve) => setImmediate(resolve)))
        copies.made.push({ tool, host, paths })
        return paths.map((path): Pushed => {
          const failure = copies.failures.get(path)
          if (failure !== undefined) return { path, failure }
          options?.onSent?.(Buffer.byteLength(path))
          return put(path, tool === "rsync", options?.kept ?? [])
        })
      })
    })
    return Context.make(FileRunnerTestRef, copies).pipe(
      Context.add(RsyncRunner, runner("rsync")),
      Context.add(ScpRunner, runner("scp"))
    )
  }))
