import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import { type Caller } from "../../services/Caller.ts"
import { type Pushed, RsyncRunner } from "../../services/FileRunner.ts"
import { type Paths } from "../../services/Paths.ts"
import { type ConnectOptions, type SshTransport } from "../../services/SshTransport.ts"
import { makeCopier } from "./copier.ts"
import { RSH } from "./rsh.ts"

/** Seconds without a byte after which rsync gives up: a disk there that does not answer. */
const TIMEOUT = 60

/** Files that were there when it began and were removed meanwhile (rsync(1), EXIT VALUES): the next push sees to it. */
const VANISHED = 24

/** What rsync wants to have run on a host: its name for it, and then the other rsync. */
const HOST = "host"

/** `./` makes a path of what looks like an option or a host; `-R` puts it to the same place there. */
const argsOf = (paths: ReadonlyArray<string>): ReadonlyArray<string> => [
  "-azR",
  "--delete",
  // Something has changed, which size and time need not show.
  "--checksum",
  // What is above them on the host may be a link.
  "--no-implied-dirs",
  `--timeout=${TIMEOUT}`,
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
      const failure = yield* copy(host, argsOf(paths), (told) => told.slice(1), options)
      return failure?.exitCode === VANISHED ? undefined : failure
    })

    const push = Effect.fn("RsyncRunner.push")(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options?: ConnectOptions
    ) {
      if (paths.length === 0) return []
      const failure = yield* run(host, paths, options)
      // One for all is quicker; only when it fails it matters which.
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
