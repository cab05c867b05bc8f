import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import { type Caller } from "../../services/Caller.ts"
import { type Pushed, RsyncRunner } from "../../services/FileRunner.ts"
import { type Paths } from "../../services/Paths.ts"
import { type ConnectOptions, type SshTransport } from "../../services/SshTransport.ts"
import { makeCopier } from "./copier.ts"
import { RSH } from "./rsh.ts"

/** Seconds without a byte after which rsync gives up: for a disk of the host that does not answer. */
const TIMEOUT_SECONDS = 60

/** The exit code when files were removed while it ran (rsync(1), EXIT VALUES): the next push handles them. */
const VANISHED = 24

/** rsync's name for the host, which precedes the command of the remote rsync. */
const HOST = "host"

/** `./` keeps a path from being an option or a host; `-R` copies it to the same path on the host. */
const argsOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => [
  "-azR",
  "--delete",
  // Something has changed, which size and time need not show.
  "--checksum",
  // A directory above them may be a link on the host.
  "--no-implied-dirs",
  `--timeout=${TIMEOUT_SECONDS}`,
  `--rsh=${RSH}`,
  "--",
  ...paths.map((path) => `./${path}`),
  `${HOST}:`
]

/** `rsync -azc --delete`, over the connection that is kept. */
export const layer: Layer.Layer<RsyncRunner, never, Caller | Paths | SshTransport> = Layer.effect(
  RsyncRunner,
  Effect.gen(function*() {
    const copy = yield* makeCopier("rsync")

    const run = Effect.fnUntraced(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options: ConnectOptions | undefined
    ) {
      const failure = yield* copy(host, argsOf(paths), (requested) => requested.slice(1), options)
      return failure?.exitCode === VANISHED ? undefined : failure
    })

    const push = Effect.fn("RsyncRunner.push")(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options?: ConnectOptions
    ) {
      if (paths.length === 0) return []
      const failure = yield* run(host, paths, options)
      // One run for all paths is faster; only after a failure it matters which path failed.
      if (failure === undefined || failure.isFatal || paths.length === 1) {
        return paths.map((path): Pushed => failure === undefined ? { path } : { path, failure })
      }
      return yield* Effect.forEach(
        paths,
        (path) =>
          Effect.map(
            run(host, [path], options),
            (failure): Pushed => failure === undefined ? { path } : { path, failure }
          )
      )
    })

    return RsyncRunner.of({ tool: "rsync", push })
  })
)
