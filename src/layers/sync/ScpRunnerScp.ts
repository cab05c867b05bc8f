import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Path from "node:path"
import { NO_EXIT_CODE } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import { Caller } from "../../services/Caller.ts"
import { type Pushed, type PushOptions, ScpRunner } from "../../services/FileRunner.ts"
import { type Paths } from "../../services/Paths.ts"
import { SshTransport } from "../../services/SshTransport.ts"
import { makeCopier } from "./copier.ts"
import { RSH } from "./rsh.ts"
import { unfitForScp } from "./scpLimits.ts"

/**
 * Quiet but for failures, with the old protocol, which needs only scp on the host. Versions before 8.7 know no other
 * protocol, and not the option.
 */
const argsOf = (path: string, hasOption: boolean): ReadonlyArray<string> => [
  "-rpq",
  ...hasOption ? ["-O"] : [],
  "-S",
  RSH,
  "--",
  `./${path}`,
  "host:"
]

const UNKNOWN_OPTION = /(illegal|unknown|invalid|unrecognized) option -- '?O/

/** `scp -r`, over the connection that is kept. */
export const layer: Layer.Layer<ScpRunner, never, Caller | Paths | SshTransport> = Layer.effect(
  ScpRunner,
  Effect.gen(function*() {
    const { home } = yield* Caller
    const ssh = yield* SshTransport
    const copy = yield* makeCopier("scp")

    const makeParent = Effect.fnUntraced(function*(host: HostName, path: string, options: PushOptions | undefined) {
      const parent = Path.dirname(path)
      if (parent === ".") return undefined
      const made = yield* ssh.exec(host, ["mkdir", "-p", "--", parent], options)
      return made.status.code === 0
        ? undefined
        : { exitCode: made.status.code, words: made.stderr.toString("utf8"), isFatal: false }
    })

    const copyOne = Effect.fnUntraced(function*(host: HostName, path: string, options: PushOptions | undefined) {
      const unfit = unfitForScp(home, path, options?.kept ?? [])
      if (unfit !== undefined) return { exitCode: NO_EXIT_CODE, words: unfit, isFatal: false }
      // Our own command, without a shell: scp's would go through one.
      const sink = () => ["scp", "-r", "-p", "-d", "-t", "--", Path.dirname(path)]
      const failure = yield* copy(host, argsOf(path, true), sink, options)
      if (failure === undefined || !UNKNOWN_OPTION.test(failure.words)) return failure
      return yield* copy(host, argsOf(path, false), sink, options)
    })

    const pushOne = Effect.fnUntraced(function*(host: HostName, path: string, options: PushOptions | undefined) {
      const failed = (error: { readonly message: string }) =>
        Effect.succeed({ exitCode: NO_EXIT_CODE, words: error.message, isFatal: true })
      const parent = yield* makeParent(host, path, options).pipe(
        Effect.catchTags({
          BadArgument: failed,
          ConnectionLost: failed,
          NoShell: failed,
          ShellStuck: failed,
          OutputTooLarge: failed
        })
      )
      return parent ?? (yield* copyOne(host, path, options))
    })

    const push = Effect.fn("ScpRunner.push")(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options?: PushOptions
    ) {
      const done: Array<Pushed> = []
      for (const [index, path] of paths.entries()) {
        const failure = yield* pushOne(host, path, options)
        if (failure?.isFatal) return [...done, ...paths.slice(index).map((path) => ({ path, failure }))]
        done.push(failure === undefined ? { path } : { path, failure })
      }
      return done
    })

    return ScpRunner.of({ tool: "scp", push })
  })
)
