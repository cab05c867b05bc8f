/** What is remembered between syncs: hashes of contents by the identity of files, and what each host has. */
import { makeDirectories } from "../system/ownDirectory.ts"
import { quietly } from "../system/quietly.ts"
import { readSmallFile, writeWholeFile } from "../system/wholeFile.ts"

/** Bytes; what is synced has some 150 in it for each file, or some 30. */
const MAX_BYTES = 64 * 1024 * 1024

/** A file of an unknown format is ignored. */
const CACHE_HEAD = "sesh-contents 1"
const REMEMBERED_HEAD = "sesh-synced 2"

const readSome = (path: string): string => quietly(() => readSmallFile(path, MAX_BYTES), "")

/** A private directory. A failure shows when a file is written into it. */
export const makeDirectory = (path: string): void => quietly(() => makeDirectories(path))

/** Hashes of contents, by what identifies a file. */
export const readCache = (path: string): ReadonlyMap<string, string> => {
  const [head, ...lines] = readSome(path).split("\n")
  const found = new Map<string, string>()
  if (head !== CACHE_HEAD) return found
  for (const line of lines) {
    const space = line.indexOf(" ")
    if (space > 0) found.set(line.slice(0, space), line.slice(space + 1))
  }
  return found
}

/** Without this file all contents are read again. */
export const writeCache = (path: string, contents: ReadonlyMap<string, string>): void =>
  // After a failure the next sync only reads more than it would have to.
  quietly(
    () => writeWholeFile(path, `${[CACHE_HEAD, ...[...contents].map(([key, hash]) => `${key} ${hash}`)].join("\n")}\n`)
  )

/** What a host got last. */
export interface Remembered {
  readonly fingerprint: string
  /** Lines of text. Empty: unknown. */
  readonly stamp: string
}

/** Undefined when nothing is known. */
export const readRemembered = (path: string): Remembered | undefined => {
  const [, head, fingerprint, stamp] = /^(.*)\n(.*)\n([^]*)$/.exec(readSome(path)) ?? []
  return head === REMEMBERED_HEAD && fingerprint ? { fingerprint, stamp: stamp! } : undefined
}

/** Throws what the file system throws. */
export const writeRemembered = (path: string, { fingerprint, stamp }: Remembered): void =>
  writeWholeFile(path, `${REMEMBERED_HEAD}\n${fingerprint}\n${stamp}`)
