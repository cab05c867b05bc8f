/**
 * Executables of other platforms that were fetched, in a directory of ours alone. A file's name says what it is and has
 * its SHA-256: `sesh-0.1.0-linux-arm64.1f2e3d4c.<hash>`, where the eight digits are of the package's name and registry.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { createHash, randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { remove } from "../system/files.ts"
import { isOwnDirectory, makeOwnDirectory } from "../system/ownDirectory.ts"
import { cleanAtEnd } from "../system/processEvents.ts"
import { quietly } from "../system/quietly.ts"
import { type Executable, ExecutableUnreadable, openExecutable } from "./executable.ts"

/** There are four platforms. */
const MOST_FILES = 4

/** After which a file that was never finished is removed. */
const ABANDONED_MS = 24 * 60 * 60 * 1000

const UNFINISHED = ".new-"

export interface Kept {
  readonly version: string
  readonly platform: string
  /** The package and where it is from. */
  readonly source: string
}

const prefixOf = ({ platform, source, version }: Kept): string =>
  `sesh-${version}-${platform}.${createHash("sha256").update(source).digest("hex").slice(0, 8)}.`

const names = (dir: string): ReadonlyArray<string> => quietly(() => Fs.readdirSync(dir), [])

/** One that was kept, if the directory is ours alone and its content still what it was. The caller closes it. */
export const openKept = Effect.fnUntraced(function*(dir: string, kept: Kept) {
  if (!quietly(() => isOwnDirectory(dir), false)) return undefined
  const prefix = prefixOf(kept)
  for (const name of names(dir).filter((name) => name.startsWith(prefix))) {
    const path = Path.join(dir, name)
    const opened = yield* Effect.result(openExecutable(path))
    if (Result.isSuccess(opened)) {
      if (opened.success.sum === name.slice(prefix.length)) return opened.success
      opened.success.close()
    }
    remove(path)
  }
  return undefined
})

/** Removes what is of other versions, what is too much, oldest first, and what was never finished. */
const sweep = (dir: string, version: string): void => {
  const files = names(dir).flatMap((name) => {
    const at = quietly(() => Fs.lstatSync(Path.join(dir, name)).mtimeMs)
    return at === undefined ? [] : [{ name, at }]
  }).toSorted((a, b) => b.at - a.at)
  const kept = new Set(files.filter(({ name }) => name.startsWith(`sesh-${version}-`)).slice(0, MOST_FILES))
  for (const file of files) {
    const isUnfinished = file.name.startsWith(UNFINISHED)
    if (isUnfinished ? file.at < Date.now() - ABANDONED_MS : !kept.has(file)) remove(Path.join(dir, file.name))
  }
}

/** Names for files that are being made, which are removed in the end, Ctrl-C included. */
export const unfinished = (dir: string) =>
  Effect.acquireRelease(
    Effect.try({
      try: () => {
        makeOwnDirectory(dir)
        const path = Path.join(dir, `${UNFINISHED}${randomBytes(6).toString("hex")}`)
        return { path, stopCleaning: cleanAtEnd(() => remove(path)) }
      },
      catch: (cause) => new ExecutableUnreadable({ path: dir, during: "unpack", cause })
    }),
    ({ path, stopCleaning }) =>
      Effect.sync(() => {
        remove(path)
        stopCleaning()
      })
  ).pipe(Effect.map(({ path }) => path))

/** Creates it; `write` appends. Throws ExecutableUnreadable. */
export const createUnfinished = (path: string) => {
  const orUnreadable = <A>(run: () => A): A => {
    try {
      return run()
    } catch (cause) {
      throw new ExecutableUnreadable({ path: Path.dirname(path), during: "unpack", cause })
    }
  }
  const fd = orUnreadable(() => Fs.openSync(path, "wx", 0o600))
  return {
    write: (bytes: Uint8Array) =>
      orUnreadable(() => {
        for (let at = 0; at < bytes.length;) at += Fs.writeSync(fd, bytes, at)
      }),
    close: () => Fs.closeSync(fd)
  }
}

/** Opens what was made at `path`, and keeps it when it has a place. The caller closes it. */
export const openNew = (
  path: string,
  dir: string,
  kept: Kept | undefined
): Effect.Effect<Executable, ExecutableUnreadable> =>
  Effect.tap(openExecutable(path), ({ sum }) =>
    Effect.sync(() => {
      if (kept === undefined) return
      // Without it the next deployment fetches it again.
      quietly(() => Fs.renameSync(path, Path.join(dir, `${prefixOf(kept)}${sum}`)))
      sweep(dir, kept.version)
    }))
