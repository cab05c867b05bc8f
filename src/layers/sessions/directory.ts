/** What lies in the sessions' directory. Anything may lie there: only what is named and made like ours counts. */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { MAX_DESCRIPTION_BYTES, SessionInfo } from "../../schema/Session.ts"
import { parseSessionName, type SessionName } from "../../schema/SessionName.ts"
import { quietly } from "../system/quietly.ts"
import { readSmallFile } from "../system/wholeFile.ts"

const nameOf = (text: string | undefined): SessionName | undefined => {
  const parsed = text === undefined ? undefined : parseSessionName(text)
  return parsed?._tag === "Success" ? parsed.success : undefined
}

/** Of `work.json`, `work.agent`, and of the names under which they are made (SessionFilesDisk). */
const BESIDE = /^(.+)\.(?:json|agent)(?:\.\d+)?$/

export interface DirectoryContent {
  /** Names that sockets exist for, in order. */
  readonly sockets: ReadonlyArray<SessionName>
  /** Names that only other files are left of. */
  readonly leftovers: ReadonlyArray<SessionName>
}

const decodeInfo = Schema.decodeUnknownOption(Schema.fromJsonString(SessionInfo))

/** What a session's file remembers of it; undefined when it is not there, or not a session's. */
export const readInfo = (path: string, name: SessionName): SessionInfo | undefined =>
  quietly(() => {
    const info = Option.getOrUndefined(decodeInfo(readSmallFile(path, MAX_DESCRIPTION_BYTES)))
    return info?.name === name ? info : undefined
  })

/** Without a socket beside it, a file must look like a session's: SESH_DIR may hold other files. */
const isOurs = (dir: string, entry: Fs.Dirent, name: SessionName): boolean =>
  entry.isSymbolicLink()
    ? /\.agent(?:\.\d+)?$/.test(entry.name)
    : entry.isFile() && readInfo(Path.join(dir, entry.name), name) !== undefined

/** Throws what `readdir` throws. */
export const readSessions = (dir: string): DirectoryContent => {
  const entries = Fs.readdirSync(dir, { withFileTypes: true })
  const sockets = new Set<SessionName>()
  for (const entry of entries) {
    const name = entry.isSocket() && entry.name.endsWith(".sock")
      ? nameOf(entry.name.slice(0, -".sock".length))
      : undefined
    if (name !== undefined) sockets.add(name)
  }
  const leftovers = new Set<SessionName>()
  for (const entry of entries) {
    const name = nameOf(BESIDE.exec(entry.name)?.[1])
    if (name !== undefined && !sockets.has(name) && isOurs(dir, entry, name)) leftovers.add(name)
  }
  return { sockets: [...sockets].toSorted(), leftovers: [...leftovers] }
}

const unlink = (path: string): boolean =>
  // Already gone, or not removable: there is no one to report it to.
  quietly(() => {
    Fs.unlinkSync(path)
    return true
  }, false)

/** Removes the files of a session that is dead. True when there was something. Only under the lock. */
export const removeSession = (dir: string, name: SessionName): boolean => {
  const { leftovers, sockets } = readSessions(dir)
  if (!sockets.includes(name) && !leftovers.includes(name)) return false
  const mine = Fs.readdirSync(dir, { withFileTypes: true }).filter((entry) =>
    BESIDE.exec(entry.name)?.[1] === name
      ? sockets.includes(name) || isOurs(dir, entry, name)
      : entry.name === `${name}.sock` && sockets.includes(name)
  )
  return mine.map((entry) => unlink(Path.join(dir, entry.name))).includes(true)
}
