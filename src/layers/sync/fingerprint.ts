/** The state of the trees, whenever they were made: names, kinds, modes, targets of links, and contents. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { keyOf as keyOfText } from "../system/fnv.ts"
import { quietly } from "../system/quietly.ts"
import { readCache, writeCache } from "./memory.ts"
import { entriesAt, type Entry } from "./tree.ts"

/** Time after which other work gets its turn: a connection must be kept alive. */
const SLICE_MS = 50

/** Read at a time. */
const CHUNK_BYTES = 1024 * 1024

/** Another change right after a write may leave no trace in the file's times (a tick of the kernel, at most 10 ms). */
const FRESH_MS = 100

/** A summary of the trees. */
export interface Summary {
  readonly fingerprint: string
  /** Bytes of the files at each path. */
  readonly bytes: ReadonlyMap<string, number>
  /**
   * A hash of the files that links lead to, with their times; empty where there are none. For a runner that copies
   * those files instead of links.
   */
  readonly behindLinks: string
}

/** The hash of a file's content; "unreadable", which is not a hash, when it cannot be read. */
const hashFile = (path: Buffer): string => {
  const { createHash } = process.getBuiltinModule("node:crypto")
  const hash = createHash("sha256")
  return quietly(() => {
    const fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NOFOLLOW | Fs.constants.O_NONBLOCK)
    try {
      const { size } = Fs.fstatSync(fd)
      const chunk = Buffer.allocUnsafe(Math.max(1, Math.min(size + 1, CHUNK_BYTES)))
      for (let read = 1; read > 0;) {
        read = Fs.readSync(fd, chunk)
        hash.update(chunk.subarray(0, read))
      }
      return hash.digest("hex")
    } finally {
      Fs.closeSync(fd)
    }
  }, "unreadable")
}

/** Changes with every change of a file: the time of an inode's last change cannot be set. */
const keyOf = (stat: Fs.Stats): string => `${stat.dev}.${stat.ino}.${stat.size}.${stat.mtimeMs}.${stat.ctimeMs}`

const readLink = (path: Buffer): string => quietly(() => Fs.readlinkSync(path, "latin1"), "")

/** Identifies the file that a link leads to, and its last change; empty when the link leads to no file. */
const fileBehind = (link: Buffer): string =>
  quietly(() => {
    const stat = Fs.statSync(link)
    return stat.isFile() ? `${keyOf(stat)}\0` : ""
  }, "")

/**
 * Summarizes what is at the paths, but for those `kept`. Contents are read again only for files that changed since the
 * last time, for any host (`cache`: a private file).
 */
export const summarize = Effect.fnUntraced(function*(
  home: string,
  paths: ReadonlyArray<string>,
  kept: ReadonlyArray<string>,
  cache: string
) {
  const clock = yield* Clock.Clock
  const known = readCache(cache)
  const seen = new Map<string, string>()
  const sum = process.getBuiltinModule("node:crypto").createHash("sha256")
  const bytes = new Map<string, number>()
  let hashed = 0
  let behind = ""

  const contentOf = ({ full, stat }: Entry): string => {
    const key = keyOf(stat)
    // The time before the file is read, because reading takes time.
    const isSettled = clock.currentTimeMillisUnsafe() - stat.ctimeMs > FRESH_MS
    const content = known.get(key) ?? hashFile(full)
    if (isSettled) seen.set(key, content)
    if (!known.has(key)) hashed++
    return content
  }

  const describe = (entry: Entry): string => {
    const { full, path, stat } = entry
    const mode = (stat.mode & 0o7777).toString(8)
    if (stat.isFile()) return `f\0${path}\0${mode}\0${contentOf(entry)}\0`
    if (stat.isDirectory()) return `d\0${path}\0${mode}\0`
    if (!stat.isSymbolicLink()) return `o\0${path}\0${stat.mode}\0`
    behind += fileBehind(full)
    return `l\0${path}\0${readLink(full)}\0`
  }

  let until = clock.currentTimeMillisUnsafe() + SLICE_MS
  for (const path of paths) {
    let total = 0
    sum.update(`p\0${path}\0`)
    for (const entry of entriesAt(home, path, kept)) {
      sum.update(describe(entry))
      if (entry.stat.isFile()) total += entry.stat.size
      if (clock.currentTimeMillisUnsafe() < until) continue
      yield* Effect.yieldNow
      until = clock.currentTimeMillisUnsafe() + SLICE_MS
    }
    bytes.set(path, total)
  }
  if (hashed > 0 || seen.size < known.size) writeCache(cache, seen)
  return { fingerprint: sum.digest("hex"), bytes, behindLinks: behind && keyOfText(behind) } satisfies Summary
})
