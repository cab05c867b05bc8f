/** What the trees are, whenever they were made: names, kinds, modes, where links lead, and contents. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readCache, writeCache } from "./contents.ts"
import { entriesAt, type Entry } from "./tree.ts"

/** Milliseconds after which others may do something: a connection has to be kept alive. */
const SLICE_MS = 50

/** Bytes read at a time. */
const CHUNK = 1024 * 1024

/** Milliseconds: of a file that was just written, another change may leave no trace in its times (a tick of the kernel's, at the most 10). */
const FRESH_MS = 100

/** Trees, summed up. */
export interface Summary {
  readonly fingerprint: string
  /** Of the files at each path. */
  readonly bytes: ReadonlyMap<string, number>
}

/** A file's content; a word that no hash is when it cannot be read. */
const hashFile = (path: string): string => {
  const { createHash } = process.getBuiltinModule("node:crypto")
  const hash = createHash("sha256")
  let fd: number | undefined
  try {
    fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)
    const { size } = Fs.fstatSync(fd)
    const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(size + 1, CHUNK)))
    for (let read = 1; read > 0;) {
      read = Fs.readSync(fd, chunk)
      hash.update(chunk.subarray(0, read))
    }
    return hash.digest("hex")
  } catch {
    return "unreadable"
  } finally {
    if (fd !== undefined) Fs.closeSync(fd)
  }
}

/** What no change of a file leaves alone: the time of an inode's last change cannot be set. */
const keyOf = (stat: Fs.Stats): string => `${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeMs}.${stat.ctimeMs}`

const readLink = (path: string): string => {
  try {
    return Fs.readlinkSync(path)
  } catch {
    return ""
  }
}

/**
 * Sums up what is at the paths. Contents are read again only of files that have changed since the last time (`cache`: a
 * file of our own), for whatever host that was.
 */
export const summarize = Effect.fnUntraced(function*(home: string, paths: ReadonlyArray<string>, cache: string) {
  const known = readCache(cache)
  const seen = new Map<string, string>()
  const sum = process.getBuiltinModule("node:crypto").createHash("sha256")
  const bytes = new Map<string, number>()
  let fresh = 0

  const contentOf = ({ path, stat }: Entry): string => {
    const key = keyOf(stat)
    const content = known.get(key) ?? hashFile(Path.join(home, path))
    if (Date.now() - stat.ctimeMs > FRESH_MS) seen.set(key, content)
    if (!known.has(key)) fresh++
    return content
  }

  const say = (entry: Entry): string => {
    const { path, stat } = entry
    const mode = (stat.mode & 0o7777).toString(8)
    if (stat.isFile()) return `f\0${path}\0${mode}\0${contentOf(entry)}\0`
    if (stat.isDirectory()) return `d\0${path}\0${mode}\0`
    return stat.isSymbolicLink() ? `l\0${path}\0${readLink(Path.join(home, path))}\0` : `o\0${path}\0${stat.mode}\0`
  }

  let until = Date.now() + SLICE_MS
  for (const path of paths) {
    let total = 0
    sum.update(`p\0${path}\0`)
    for (const entry of entriesAt(home, path)) {
      sum.update(say(entry))
      if (entry.stat.isFile()) total += entry.stat.size
      if (Date.now() < until) continue
      yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      until = Date.now() + SLICE_MS
    }
    bytes.set(path, total)
  }
  if (fresh > 0 || seen.size < known.size) writeCache(cache, seen)
  return { fingerprint: sum.digest("hex"), bytes } satisfies Summary
})
