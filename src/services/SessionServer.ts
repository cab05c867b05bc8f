import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { SessionName } from "../schema/SessionName.ts"
import { messageOf } from "../schema/Text.ts"
import type { Connection } from "./Connection.ts"
import type { LockError } from "./Lock.ts"
import type { PathsError } from "./Paths.ts"

/** A session of that name is alive. */
export class SessionExists extends Schema.TaggedError<SessionExists>()("SessionExists", {
  name: Schema.String,
  /** Host name of the machine that it runs on, where that is another one that shares the directory. */
  machine: Schema.optionalKey(Schema.String)
}) {
  override get message() {
    const { machine, name } = this
    return `a session named ${name} is already there${
      machine === undefined ? "" : `, on ${machine}, which has this directory too: take another name`
    }`
  }
}

/** The session's socket could not be made. */
export class SessionServerError extends Schema.TaggedError<SessionServerError>()("SessionServerError", {
  name: Schema.String,
  path: Schema.String,
  /** Missing: what is there is not a socket. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    const { cause, name, path } = this
    return `cannot open the socket of ${name}: ${
      cause === undefined ? `${path} is not a socket; move it away` : messageOf(cause)
    }`
  }
}

/** The daemon's side of the socket. */
export class SessionServer extends Context.Service<SessionServer, {
  /**
   * Takes a name and listens until the scope closes. Exclusive: of any number of simultaneous callers one succeeds, the
   * others fail with `SessionExists`; each has its turn, and waits for it as long as a `Lock` does. What a dead session
   * left under the name is replaced; a session of another machine is not dead. Closing the scope frees the name and
   * removes the session's files; connections already made stay with their owner.
   *
   * `prepare` runs once the name is ours and before anybody can connect; if it fails, nothing was created.
   *
   * While the scope is open, files that somebody removes are made again, unless another session has got the name
   * meanwhile: the socket, and by `restore` what `prepare` has written.
   */
  readonly listen: <A, E, R>(options: {
    readonly name: SessionName
    readonly prepare: Effect.Effect<A, E, R>
    readonly restore?: (prepared: A) => Effect.Effect<void>
    /** `scarce`: the process can open few files more. Another connection should go where that can be. */
    readonly onConnection: (connection: Connection, prepared: A, scarce: boolean) => void
  }) => Effect.Effect<A, E | SessionExists | SessionServerError | LockError | PathsError, R | Scope.Scope>
}>()("sesh/services/SessionServer") {}
