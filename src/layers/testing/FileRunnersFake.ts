import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { HostName } from "../../schema/HostName.ts"
import { type FileRunner, type Pushed, RsyncRunner, ScpRunner, ToolMissing } from "../../services/FileRunner.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"

/** What was copied, and what goes wrong: for tests to look at and to change. */
export class Copies extends Context.Service<Copies, {
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
}>()("sesh/layers/Copies") {}

/** Milliseconds that a copy takes. */
const TAKES_MS = 5

/** Homes here and there, as directories. */
export interface Homes {
  readonly here: string
  readonly there: string
}

const put = ({ here, there }: Homes, path: string, isExact: boolean): Pushed => {
  const [from, to] = [Path.join(here, path), Path.join(there, path)]
  try {
    Fs.lstatSync(from)
    if (isExact) Fs.rmSync(to, { recursive: true, force: true })
    Fs.cpSync(isExact ? from : Fs.realpathSync(from), to, {
      recursive: true,
      force: true,
      verbatimSymlinks: isExact,
      dereference: !isExact
    })
    return { path }
  } catch (error) {
    return { path, failure: { exitCode: 1, words: String(error) } }
  }
}

/** Both runners. They copy nothing, unless there are homes. */
export const layer = (homes?: Homes): Layer.Layer<RsyncRunner | ScpRunner | Copies> =>
  Layer.effectContext(Effect.sync(() => {
    const copies: Copies["Service"] = {
      made: [],
      missing: new Map(),
      failures: new Map(),
      unreachable: new Map(),
      before: Effect.void
    }
    const runner = (tool: string): FileRunner => ({
      tool,
      push: Effect.fnUntraced(function*(host: HostName, paths: ReadonlyArray<string>) {
        yield* copies.before
        const where = copies.missing.get(tool)
        if (where === "here") return yield* new ToolMissing({ tool, where })
        const unreachable = copies.unreachable.get(host)
        if (unreachable !== undefined) return yield* unreachable
        if (where !== undefined) return yield* new ToolMissing({ tool, where })
        // Others get their turn, as with a program.
        yield* Effect.promise(() => new Promise((resolve) => setTimeout(resolve, TAKES_MS)))
        copies.made.push({ tool, host, paths })
        return paths.map((path): Pushed => {
          const failure = copies.failures.get(path)
          if (failure !== undefined) return { path, failure }
          return homes === undefined ? { path } : put(homes, path, tool === "rsync")
        })
      })
    })
    return Context.make(Copies, copies).pipe(
      Context.add(RsyncRunner, runner("rsync")),
      Context.add(ScpRunner, runner("scp"))
    )
  }))
