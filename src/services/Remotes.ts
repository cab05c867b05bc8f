import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HostName } from "../schema/HostName.ts"
import type { RememberedHost } from "../schema/RememberedHost.ts"
import type { SessionName } from "../schema/SessionName.ts"
import type { AttachClient } from "./AttachClient.ts"
import type { Caller } from "./Caller.ts"
import type { DaemonLauncher } from "./DaemonLauncher.ts"
import type { EndedSessions } from "./EndedSessions.ts"
import type { HostError } from "./HostError.ts"
import type { SessionClient } from "./SessionClient.ts"
import type { SessionControl } from "./SessionControl.ts"
import type { SessionRegistry } from "./SessionRegistry.ts"
import type { ConnectOptions } from "./SshTransport.ts"

/**
 * The services of another host, under the same contracts as here. Its `Caller` is in the home there, and has only those
 * variables of our environment that describe the terminal and the language.
 */
export type HostServices =
  | AttachClient
  | Caller
  | DaemonLauncher
  | EndedSessions
  | SessionClient
  | SessionControl
  | SessionRegistry

/** Sessions on other hosts. */
export class Remotes extends Context.Service<Remotes, {
  /**
   * The services of a host. Connects only when one of them is used; a failure to connect is their `HostError`.
   */
  readonly at: (host: HostName, options?: ConnectOptions) => Effect.Effect<Context.Context<HostServices>>
  /**
   * Asks a host for its sessions, and remembers the answer (`HostMemory`). Every call asks again: it does not share the
   * answer of another call.
   */
  readonly look: (host: HostName, options?: ConnectOptions) => Effect.Effect<RememberedHost, HostError>
  /**
   * Opens the way to a session in the background, for the next one who connects to it within five seconds. Says nothing
   * to the session, and nobody hears of a failure.
   */
  readonly prepare: (host: HostName, session: SessionName, options?: ConnectOptions) => Effect.Effect<void>
}>()("sesh/services/Remotes") {}
