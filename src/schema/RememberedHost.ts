import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { ListedSession } from "./Listing.ts"

/** What a host said of itself when it answered last. */
export const RememberedHost = Schema.Struct({
  host: HostName,
  /** When, in milliseconds since the epoch. */
  at: Schema.Number,
  /** When it answered for the first time, under this name. Missing where an older sesh remembered it. */
  since: Schema.optionalKey(Schema.Number),
  /** Version of the host's sesh. */
  sesh: Schema.String,
  /** The home on the host, and the directory of its sockets: absolute paths there. */
  home: Schema.String,
  dir: Schema.String,
  sessions: Schema.Array(ListedSession)
})
export type RememberedHost = typeof RememberedHost.Type

/** When a host was used first: as it was remembered before, if it was. Milliseconds since the epoch. */
export const sinceOf = (before: Option.Option<RememberedHost>, now: RememberedHost): number =>
  Option.match(before, { onNone: () => now.at, onSome: ({ at, since }) => since ?? at })

/** The order in which hosts were used first. Where that is not known, when they answered last counts. */
export const firstUsedFirst = (one: RememberedHost, other: RememberedHost): number =>
  (one.since ?? one.at) - (other.since ?? other.at) || (one.host < other.host ? -1 : 1)
