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
