import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { HostName } from "../schema/HostName.ts"
import type { RememberedHost } from "../schema/RememberedHost.ts"
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
 * What a command works with, on another host: the contracts that it knows from here. The caller there is in its home,
 * and brings of the environment here only what tells of the terminal and the language.
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
   * The services of a host. Nothing is connected before one of them is used; what goes wrong then is a `HostError` of
   * theirs.
   */
  readonly at: (host: HostName, options?: ConnectOptions) => Effect.Effect<Context.Context<HostServices>>
  /**
   * Asks a host what there is, and remembers the answer (`HostMemory`). Every call asks for itself: it does not wait for
   * another one's answer.
   */
  readonly look: (host: HostName, options?: ConnectOptions) => Effect.Effect<RememberedHost, HostError>
}>()("sesh/services/Remotes") {}
