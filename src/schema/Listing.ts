import * as Schema from "effect/Schema"
import { SessionInfo } from "./Session.ts"
import { SessionName } from "./SessionName.ts"

/** A line of the listing. */
export const ListedSession = Schema.Struct({
  name: SessionName,
  /** What the session says of itself, or said when it was created if it does not answer now. */
  info: Schema.optionalKey(SessionInfo),
  /** Why it did not answer. */
  problem: Schema.optionalKey(Schema.String)
})
export type ListedSession = typeof ListedSession.Type

/** What `sesh --json` prints. Fields may be added under the same version; readers ignore what they do not know. */
export const Listing = Schema.Struct({
  version: Schema.Literal(1),
  sessions: Schema.Array(ListedSession)
})
export type Listing = typeof Listing.Type
