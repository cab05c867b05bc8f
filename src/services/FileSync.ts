import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectFailure, ConnectOptions } from "./SshTransport.ts"

/** How a host's files stand after a push. */
export type SyncOutcome =
  /** There is no list, an empty one, or `SESH_NO_SYNC` is set. */
  | { readonly _tag: "Off" }
  /** Everything has been there since an earlier push. */
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Pushed" }
  /** Not everything is there; the next push tries again. The user has been told. */
  | { readonly _tag: "Failed" }
  /** There is no way to the host. Nobody has been told: there will be no session either. */
  | { readonly _tag: "Unreachable"; readonly error: ConnectFailure }

/** The user's own files on other hosts. */
export class FileSync extends Context.Service<FileSync, {
  /**
   * Brings what the user's list names to the same places in the home on the host, if anything of it has changed since the
   * last time. Before a session on the host is shown. Several at once, of other processes too, do it once, and all wait
   * for it. Asks for no connection when there is nothing to do.
   */
  readonly push: (host: HostName, options?: ConnectOptions) => Effect.Effect<SyncOutcome>
}>()("sesh/services/FileSync") {}
