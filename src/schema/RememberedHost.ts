import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { ListedSession } from "./Listing.ts"

/** What a host said of itself when it was last asked. */
export const RememberedHost = Schema.Struct({
  host: HostName,
  /** When, in milliseconds since the epoch. */
  at: Schema.Number,
  /** Version of the sesh there. */
  sesh: Schema.String,
  /** The home there, and the directory of its sockets: absolute, and of use only there. */
  home: Schema.String,
  dir: Schema.String,
  sessions: Schema.Array(ListedSession)
})
export type RememberedHost = typeof RememberedHost.Type
