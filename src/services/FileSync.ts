import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HostName } from "../schema/HostName.ts"
import type { ConnectFailure, ConnectOptions } from "./SshTransport.ts"

/** The state of a host's files after a push. */
export type SyncOutcome =
  /** There is no list, an empty one, or `SESH_NO_SYNC` is set. */
  | { readonly _tag: "Off" }
  /** The host has had everything since an earlier push. */
  | { readonly _tag: "Unchanged" }
  | { readonly _tag: "Pushed" }
  /** Something was not pushed; the next push tries again. The user has been told. */
  | { readonly _tag: "Failed" }
  /** There is no connection to the host. The user has not been told: there will be no session either. */
  | { readonly _tag: "Unreachable"; readonly error: ConnectFailure }

/** The user's own files on other hosts. */
export class FileSync extends Context.Service<FileSync, {
  /**
   * Copies what the user's list names to the same paths in the home on the host, if anything of it has changed since
   * the last time. Called before a session on the host is shown. Concurrent pushes, of other processes too, do it once,
   * and all wait for it. Makes no connection when there is nothing to do.
   */
  readonly push: (host: HostName, options?: ConnectOptions) => Effect.Effect<SyncOutcome>
}>()("sesh/services/FileSync") {}
