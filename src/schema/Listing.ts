import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { SessionInfo } from "./Session.ts"
import { SessionName } from "./SessionName.ts"

/** A session in the listing. */
export const ListedSession = Schema.Struct({
  name: SessionName,
  /** What the session says of itself. If it does not answer, what it said when it was created. */
  info: Schema.optionalKey(SessionInfo),
  /** Name of the machine on which it runs, where that is another one that shares the directory. */
  machine: Schema.optionalKey(Schema.String),
  /** Why it did not answer. */
  problem: Schema.optionalKey(Schema.String)
})
export type ListedSession = typeof ListedSession.Type

/** The order of a listing. */
export const byName = (a: ListedSession, b: ListedSession): number => a.name < b.name ? -1 : 1

/** A session without what may be long: it is listed all the same. */
const withoutLongParts = (session: ListedSession): ListedSession => {
  if (session.info === undefined) return session
  const { command, foreground: _foreground, title: _title, ...info } = session.info
  return { ...session, info: { ...info, ...(command === undefined ? {} : { hasLongCommand: true }) } }
}

/** Bytes as JSON, with a comma. */
const bytesOf = (session: ListedSession): number => Buffer.byteLength(JSON.stringify(session)) + 1

/**
 * As many sessions as fit into so many bytes. Those that take more than their share go without the long parts of their
 * description; the last ones are left out only if that does not suffice.
 */
export const fitting = (sessions: ReadonlyArray<ListedSession>, maxBytes: number): ReadonlyArray<ListedSession> => {
  const sizes = sessions.map(bytesOf)
  const share = maxBytes / sessions.length
  const isWhole = sizes.reduce((sum, size) => sum + size, 0) <= maxBytes
  const listed = isWhole
    ? sessions
    : sessions.map((session, index) => sizes[index]! > share ? withoutLongParts(session) : session)
  let room = maxBytes
  return isWhole ? listed : listed.filter((session) => (room -= bytesOf(session)) >= 0)
}

/** Another host in the listing. */
export const ListedHost = Schema.Struct({
  host: HostName,
  /** When it answered, in milliseconds since the epoch. */
  at: Schema.Number,
  sessions: Schema.Array(ListedSession),
  /** Why it did not answer now. */
  problem: Schema.optionalKey(Schema.String),
  /** Version of the host's sesh. */
  sesh: Schema.optionalKey(Schema.String)
})
export type ListedHost = typeof ListedHost.Type

/** What `sesh --json` prints. Fields may be added under the same version; readers ignore what they do not know. */
export const Listing = Schema.Struct({
  version: Schema.Literal(1),
  sessions: Schema.Array(ListedSession),
  /** Other hosts; missing if none is known. */
  hosts: Schema.optionalKey(Schema.Array(ListedHost))
})
export type Listing = typeof Listing.Type
