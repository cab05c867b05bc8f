import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionName } from "../schema/SessionName.ts"
import { messageOf } from "../schema/Text.ts"
import type { Connection } from "./Connection.ts"
import type { HostError } from "./HostError.ts"
import type { NoSession } from "./NoSession.ts"
import type { SessionElsewhere } from "./SessionElsewhere.ts"

/** The session exists, but cannot be connected to. */
export class ConnectError extends Schema.TaggedError<ConnectError>()("ConnectError", {
  name: Schema.String,
  cause: Schema.Defect()
}) {
  /** Without the session's name. */
  get reason(): string {
    return messageOf(this.cause)
  }
  override get message() {
    return `cannot connect to session ${this.name}: ${this.reason}`
  }
}

/** The client's side of the socket. */
export class SessionClient extends Context.Service<SessionClient, {
  /** The host of the sessions; undefined: this machine, where a connection breaks only when its session ends. */
  readonly host: string | undefined
  /** On the way to that host ssh may ask its user, on the terminal; while that is taken, it never does. */
  readonly mayAsk: boolean
  /**
   * The socket there by which a session reaches the ssh-agent here, as long as the connection to its host lives: asks
   * the host each time, for at most half a minute. None where no agent is forwarded, the host does not say, or this
   * machine is the host.
   */
  readonly agent: Effect.Effect<Option.Option<string>>
  /** Connects to a session. Closing the scope destroys the connection. */
  readonly connect: (
    name: SessionName
  ) => Effect.Effect<Connection, NoSession | SessionElsewhere | ConnectError | HostError, Scope.Scope>
}>()("sesh/services/SessionClient") {}
