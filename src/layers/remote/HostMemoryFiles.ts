import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { type HostName, parseHostName } from "../../schema/HostName.ts"
import { fitting } from "../../schema/Listing.ts"
import { RememberedHost, sinceOf } from "../../schema/RememberedHost.ts"
import { ForgetError, HostMemory } from "../../services/HostMemory.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { Paths } from "../../services/Paths.ts"
import { isOwnDirectory, makeDirectories } from "../system/ownDirectory.ts"
import { quietly } from "../system/quietly.ts"
import { readSmallFile, writeWholeFile } from "../system/wholeFile.ts"

/** Bytes: as much as a host's answer may have (`OUTPUT_LIMIT_BYTES`). */
const MAX_BYTES = 4 * 1024 * 1024

/** What is remembered beside sessions: two paths, each character as six bytes of JSON. */
const OTHER_BYTES = 64 * 1024

/** Limit of hosts: each is a file to read. */
const MAX_HOSTS = 1000

const SUFFIX = ".json"

const encode = Schema.encodeSync(Schema.fromJsonString(RememberedHost))
const decode = Schema.decodeUnknownOption(Schema.fromJsonString(RememberedHost))

/** Whether there was one. Throws what the file system throws. */
const removeIfThere = (path: string): boolean => {
  const isThere = Fs.lstatSync(path, { throwIfNoEntry: false }) !== undefined
  if (isThere) Fs.rmSync(path, { force: true })
  return isThere
}

/** In a directory that others can write to, the files may be theirs. */
const isOurDirectory = (dir: string, uid: number): boolean => quietly(() => isOwnDirectory(dir, uid), false)

/** `remotes/<host>.json` in the state directory. */
export const layer: Layer.Layer<HostMemory, never, Paths | OperatingSystem> = Layer.effect(
  HostMemory,
  Effect.gen(function*() {
    const { remotes: dir, synced } = yield* Paths
    const { uid } = yield* OperatingSystem

    const pathOf = (host: HostName) => Path.join(dir, `${host}${SUFFIX}`)

    const names = (): ReadonlyArray<HostName> =>
      quietly(() => isOurDirectory(dir, uid) ? Fs.readdirSync(dir) : [], [])
        .flatMap((entry) => {
          const host = entry.endsWith(SUFFIX) ? parseHostName(entry.slice(0, -SUFFIX.length)) : undefined
          return host !== undefined && Result.isSuccess(host) ? [host.success] : []
        })
        .toSorted()
        .slice(0, MAX_HOSTS)

    const read = (host: HostName): Option.Option<RememberedHost> =>
      decode(quietly(() => readSmallFile(pathOf(host), MAX_BYTES), "")).pipe(
        Option.filter((known) => known.host === host)
      )

    const make = () => {
      makeDirectories(dir)
      return isOurDirectory(dir, uid)
    }

    return HostMemory.of({
      names: Effect.sync(names),
      all: Effect.sync(() => names().flatMap((host) => Option.toArray(read(host)))),
      get: (host) => Effect.sync(() => isOurDirectory(dir, uid) ? read(host) : Option.none()),
      remember: (known) =>
        Effect.ignore(Effect.try(() => {
          const sessions = fitting(known.sessions, MAX_BYTES - OTHER_BYTES)
          const text = `${encode({ ...known, since: sinceOf(read(known.host), known), sessions })}\n`
          if (Buffer.byteLength(text) <= MAX_BYTES && make()) writeWholeFile(pathOf(known.host), text)
        })),
      forget: Effect.fn("HostMemory.forget")(function*(host) {
        if (!isOurDirectory(dir, uid)) return false
        const isKnown = [pathOf(host), synced(host)].map((path) =>
          Effect.try({
            try: () => removeIfThere(path),
            catch: (cause) => new ForgetError({ path, cause })
          })
        )
        return (yield* Effect.all(isKnown)).includes(true)
      })
    })
  })
)
