import * as Schema from "effect/Schema"
import { HostName } from "./HostName.ts"
import { ListedSession } from "./Listing.ts"

/** What a host said of itself when it answered last. */
export const RememberedHost = Schema.Struct({
  host: HostName,
  /** When, in milliseconds since the epoch. */
  at: Schema.Number,
  /** Version of the host's sesh. */
  sesh: Schema.String,
  /** The home on the host, and the directory of its sockets: absolute paths there. */
  home: Schema.String,
  dir: Schema.String,
  sessions: Schema.Array(ListedSession)
})
export type RememberedHost = typeof RememberedHost.Type
