/** The executable for a platform that is not ours: from a folder of the user, or from npm's registry. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { visible } from "../../schema/Text.ts"
import type { DeployProgress } from "../../services/Deployer.ts"
import type { PackageArchive, PackageError, PackageRegistry } from "../../services/PackageRegistry.ts"
import { makeRate, REPORT_EVERY_MS } from "../system/meter.ts"
import { codeOf, isAbsent } from "../system/systemError.ts"
import { type ArchiveUnfit, MAX_BYTES, unfit, unpackExecutable } from "./archive.ts"
import { type Executable, type ExecutableUnreadable, openExecutable } from "./executable.ts"
import { createUnfinished, openKept, openNew, unfinished } from "./executableCache.ts"

/** There is none for a platform. */
export class NoExecutable extends Schema.TaggedError<NoExecutable>()("NoExecutable", {
  /** Where it was looked for, and why it was not there: a line without control characters. */
  problem: Schema.String,
  /** False: it may be there, and something is wrong. */
  isAbsent: Schema.Boolean,
  cause: Schema.Defect()
}) {
  override get message() {
    return this.problem
  }
}

export interface Found {
  readonly executable: Executable
  readonly from: "folder" | "registry"
}

export interface Sources {
  /** Directory of what is kept. */
  readonly cache: string
  /** Of packages and executables; undefined: none is given. */
  readonly folder: string | undefined
  readonly registry: PackageRegistry["Service"]
  /** Its address; undefined: the one that npm is configured for. */
  readonly address: string | undefined
  /** The package's name without the platform. */
  readonly package: string
  readonly version: string
}

/** As npm calls the file that it packs: `@acme/sesh` in `acme-sesh-0.1.0.tgz`. */
const archiveName = (name: string, version: string): string =>
  `${name.replace(/^@/, "").replace("/", "-")}-${version}.tgz`

/** Of a package, or of the cache. */
const problemIn = (where: string, { _tag, message }: ArchiveUnfit | ExecutableUnreadable): string =>
  visible(_tag === "ArchiveUnfit" ? `${where} cannot be used: ${message}` : message)

/** Downloads it, and reports. */
const download = Effect.fnUntraced(function*(
  { bytes, size }: PackageArchive,
  to: string,
  report: (progress: DeployProgress) => void
) {
  const clock = yield* Clock.Clock
  const rate = makeRate()
  let got = 0
  let reported = Number.NEGATIVE_INFINITY
  const file = yield* Effect.acquireRelease(
    Effect.try({ try: () => createUnfinished(to), catch: (cause) => cause as ExecutableUnreadable }),
    ({ close }) => Effect.sync(close)
  )
  yield* Stream.runForEach(bytes, (chunk) =>
    Effect.try({
      try: () => {
        got += chunk.length
        if (got > MAX_BYTES) throw unfit("it is too long")
        file.write(chunk)
        const now = clock.currentTimeMillisUnsafe()
        if (now - reported < REPORT_EVERY_MS) return
        reported = now
        report({ _tag: "Fetching", got, total: Math.max(got, size ?? got), rate: rate(now, got) })
      },
      catch: (cause) => cause as ArchiveUnfit | ExecutableUnreadable
    }))
}, Effect.scoped)

/** Fails when a file of the folder is not there, or cannot be read. */
const mustBeReadable = (path: string) =>
  Effect.try({
    try: () => Fs.accessSync(path, Fs.constants.R_OK),
    catch: (cause) =>
      new NoExecutable({
        problem: visible(isAbsent(cause) ? `there is no ${path}` : `${path} cannot be read (${codeOf(cause)})`),
        isAbsent: isAbsent(cause),
        cause
      })
  })

const fromPackage = Effect.fnUntraced(function*({ cache, version }: Sources, archive: string, platform: string) {
  yield* mustBeReadable(archive)
  return yield* Effect.gen(function*() {
    const to = yield* unfinished(cache)
    yield* unpackExecutable(archive, to, { platform, version })
    return yield* openNew(to, cache, undefined)
  }).pipe(
    Effect.mapError((cause) => new NoExecutable({ problem: problemIn(archive, cause), isAbsent: false, cause }))
  )
}, Effect.scoped)

/** As a build makes it. What it is shows when it runs on the host, which keeps none of another version. */
const fromBuild = Effect.fnUntraced(function*(path: string) {
  yield* mustBeReadable(path)
  return yield* openExecutable(path).pipe(
    Effect.mapError((cause) => new NoExecutable({ problem: visible(cause.message), isAbsent: false, cause }))
  )
})

/** Fails when the user has named something else, or nothing that is there. */
const mustBeFolder = (folder: string) =>
  Effect.try({
    try: () => Fs.accessSync(`${folder}/.`),
    catch: (cause) => {
      const code = codeOf(cause)
      const what = { ENOENT: "is not there", ENOTDIR: "is no folder" }[code] ?? `cannot be looked at (${code})`
      const problem = visible(`SESH_EXECUTABLES is ${JSON.stringify(folder)}, which ${what}`)
      return new NoExecutable({ problem, isAbsent: false, cause })
    }
  })

/** Of the folder: a package, or else an executable. */
const fromFolder = Effect.fnUntraced(function*(sources: Sources, folder: string, platform: string) {
  yield* mustBeFolder(folder)
  const archive = Path.join(folder, archiveName(`${sources.package}-${platform}`, sources.version))
  const built = `sesh-${platform}`
  const orBuilt = ({ cause, problem }: NoExecutable) =>
    Effect.mapError(
      fromBuild(Path.join(folder, built)),
      (error) =>
        error.isAbsent
          ? new NoExecutable({ problem: `${problem}, and no ${built} beside it`, isAbsent: true, cause })
          : error
    )
  return yield* Effect.catchIf(fromPackage(sources, archive, platform), ({ isAbsent }) => isAbsent, orBuilt)
})

const fromRegistry = Effect.fnUntraced(
  function*(sources: Sources, platform: string, report: (progress: DeployProgress) => void) {
    const { address, cache, registry, version } = sources
    const name = `${sources.package}-${platform}`
    const kept = { platform, version, source: `${address ?? ""} ${name}` }
    const before = yield* openKept(cache, kept)
    if (before !== undefined) return before
    report({ _tag: "Doing", what: "fetching" })
    const failed = (cause: PackageError | ArchiveUnfit | ExecutableUnreadable) =>
      new NoExecutable({
        problem: cause._tag === "PackageError" ? cause.message : problemIn(`${name}@${version}`, cause),
        isAbsent: cause._tag === "PackageError" && cause.kind === "absent",
        cause
      })
    return yield* Effect.gen(function*() {
      const [archive, to] = [yield* unfinished(cache), yield* unfinished(cache)]
      yield* download(yield* registry.open(name, version, address), archive, report)
      yield* unpackExecutable(archive, to, { platform, version })
      return yield* openNew(to, cache, kept)
    }).pipe(Effect.mapError(failed))
  },
  Effect.scoped
)

/**
 * Opens this version's executable for a platform; the caller closes it. A folder goes first; where its file is there
 * and wrong, nothing else is tried, as it was meant.
 */
export const openOther = Effect.fnUntraced(
  function*(sources: Sources, platform: string, report: (progress: DeployProgress) => void) {
    const { folder } = sources
    if (folder === undefined) {
      return { from: "registry", executable: yield* fromRegistry(sources, platform, report) } as const
    }
    const inFolder = yield* Effect.result(fromFolder(sources, folder, platform))
    if (inFolder._tag === "Success") return { from: "folder", executable: inFolder.success } as const
    const { failure } = inFolder
    if (!failure.isAbsent) return yield* failure
    const executable = yield* fromRegistry(sources, platform, report).pipe(
      Effect.mapError((error) =>
        new NoExecutable({
          problem: `${failure.problem}, and ${error.problem}`,
          isAbsent: error.isAbsent,
          cause: error.cause
        })
      )
    )
    return { from: "registry", executable } as const
  }
)
