import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import { Caller } from "../../services/Caller.ts"
import { type Pushed, type PushOptions, RsyncRunner, type ToolMissing } from "../../services/FileRunner.ts"
import { type Paths } from "../../services/Paths.ts"
import { type ConnectFailure, type SshTransport } from "../../services/SshTransport.ts"
import { type CopyFailure, makeCopier } from "./copier.ts"
import { RSH } from "./rsh.ts"
import { linkAt } from "./tree.ts"

/** Seconds without a byte after which rsync gives up: for a disk of the host that does not answer. */
const TIMEOUT_SECONDS = 60

/** The exit code when files were removed while it ran (rsync(1), EXIT VALUES): the next push handles them. */
const VANISHED = 24

/** rsync's name for the host, which precedes the command of the remote rsync. */
const HOST = "host"

/** What a deployment is writing on the host (deploy/scripts.ts). */
const BEING_DEPLOYED = "--exclude=/.local/bin/.sesh-*"

/** A path as a pattern: a backslash counts only where there is something to escape (rsync(1), PATTERN MATCHING). */
const patternOf = (path: string): string => `/${/[*?[]/.test(path) ? path.replace(/[*?[\\]/g, "\\$&") : path}`

/** One run of rsync. */
interface Run {
  readonly paths: ReadonlyArray<string>
  /** They are links to files: it copies those. Their trees have no links. */
  readonly followsLinks: boolean
}

/**
 * `./` keeps a path from being an option or a host, and `/` after it makes rsync follow a link to a directory; `-R`
 * copies it to the same path on the host. What is excluded is not removed there either.
 */
const argsOf = (home: string, { followsLinks, paths }: Run, kept: ReadonlyArray<string>): ReadonlyArray<string> => [
  "-azR",
  "--delete",
  // Something has changed, which size and time need not show.
  "--checksum",
  // A directory above them may be a link on the host.
  "--no-implied-dirs",
  ...followsLinks ? ["--copy-links"] : [],
  BEING_DEPLOYED,
  ...kept.map((path) => `--exclude=${patternOf(path)}`),
  `--timeout=${TIMEOUT_SECONDS}`,
  `--rsh=${RSH}`,
  "--",
  ...paths.map((path) => `./${path}${linkAt(home, path) === "directory" ? "/" : ""}`),
  `${HOST}:`
]

/** As `Pushed`, with whether the failure is about all paths. */
interface Outcome {
  readonly path: string
  readonly failure?: CopyFailure
}

const outcome = (path: string, failure: CopyFailure | undefined): Outcome =>
  failure === undefined ? { path } : { path, failure }

/** `rsync -azc --delete`, over the connection that is kept. */
export const layer: Layer.Layer<RsyncRunner, never, Caller | Paths | SshTransport> = Layer.effect(
  RsyncRunner,
  Effect.gen(function*() {
    const { home } = yield* Caller
    const copy = yield* makeCopier("rsync")

    const tryOnce = Effect.fnUntraced(function*(host: HostName, run: Run, options: PushOptions | undefined) {
      const args = argsOf(home, run, options?.kept ?? [])
      const failure = yield* copy(host, args, (requested) => requested.slice(1), options)
      return failure?.exitCode === VANISHED ? undefined : failure
    })

    const runAll = Effect.fnUntraced(function*(host: HostName, run: Run, options: PushOptions | undefined) {
      const { paths } = run
      if (paths.length === 0) return []
      const failure = yield* tryOnce(host, run, options)
      // One run for all paths is faster; only after a failure it matters which path failed.
      if (failure === undefined || failure.isFatal || paths.length === 1) {
        return paths.map((path) => outcome(path, failure))
      }
      return yield* Effect.forEach(
        paths,
        (path) => Effect.map(tryOnce(host, { ...run, paths: [path] }, options), (failure) => outcome(path, failure))
      )
    })

    const push = Effect.fn("RsyncRunner.push")(function*(
      host: HostName,
      paths: ReadonlyArray<string>,
      options?: PushOptions
    ): Effect.fn.Return<ReadonlyArray<Pushed>, ConnectFailure | ToolMissing> {
      const links = new Set(paths.filter((path) => linkAt(home, path) === "file"))
      const others = paths.filter((path) => !links.has(path))
      const first = yield* runAll(host, { paths: others, followsLinks: false }, options)
      const fatal = first.find(({ failure }) => failure?.isFatal)?.failure
      const second = fatal === undefined
        ? yield* runAll(host, { paths: [...links], followsLinks: true }, options)
        : [...links].map((path) => outcome(path, fatal))
      const found = new Map([...first, ...second].map((one) => [one.path, one]))
      return paths.map((path) => found.get(path)!)
    })

    return RsyncRunner.of({ tool: "rsync", push })
  })
)
