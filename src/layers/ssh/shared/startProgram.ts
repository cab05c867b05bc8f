/** Starts a program on a host over any transport, with a connection that may be dead or busy. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import {
  type ConnectFailure,
  type ConnectionLost,
  type ConnectOptions,
  HostUnreachable,
  type NoShell,
  type RemoteProgram,
  ShellStuck,
  type SshMissing,
  type StartFailure,
  type Wait
} from "../../../services/SshTransport.ts"
import { monotonicMs } from "../../system/monotonic.ts"
import { jittered } from "./jitter.ts"
import { badArgument } from "./remoteCommand.ts"
import { waiting } from "./waiting.ts"

/**
 * How long a host's shell may take until it gets to our program: its login scripts run before that. Home directories on
 * a network and version managers take some seconds; whoever waits for a minute is told what to look at.
 */
const SHELL_TIMEOUT: Duration.Input = "1 minute"

/** How often a dead connection is replaced before it is an error. */
const REPLACEMENTS = 2

/**
 * How long to wait for a free session on a connection (MaxSessions) before another one is made, for all of it, and
 * between two tries.
 */
const BUSY_PATIENCE_MS = 1000
const BUSY_TIMEOUT_MS = 15_000
const BUSY_PAUSE_MS = { first: 50, most: 500 }

/** The most connections to one host: with MaxSessions 1, as many attachments where sockets are not forwarded. */
export const MAX_CONNECTIONS = 8

const SHELL: Wait = { awaited: () => "shell" }
const PLACE: Wait = { awaited: () => "place" }

/** The host never got to the program: it may be tried again. */
export class NotYetStarted extends Schema.TaggedError<NotYetStarted>()("NotYetStarted", {
  /** The connection has no place for one more; otherwise it was dead. */
  isBusy: Schema.Boolean,
  /** What ssh, or the library, says of it: fit to be shown. */
  words: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.words
  }
}

export type Started = Result.Result<RemoteProgram, NotYetStarted | ConnectionLost | NoShell>

/** Gets a connection and starts the program through it; tries again as long as the host was never asked to start it. */
export const launch = Effect.fnUntraced(function*<Connection>(options: {
  readonly host: string
  readonly argv: ReadonlyArray<string>
  readonly options: ConnectOptions | undefined
  /** The first connection is 0; others are for when those before have no free session. */
  readonly connection: (number: number) => Effect.Effect<Connection, ConnectFailure>
  /** Whether there is a connection already. */
  readonly isThere: (number: number) => Effect.Effect<boolean>
  readonly start: (connection: Connection) => Effect.Effect<Started, SshMissing, Scope.Scope>
  /** `SHELL_TIMEOUT` unless given. */
  readonly shellTimeout?: Duration.Input | undefined
}): Effect.fn.Return<RemoteProgram, StartFailure, Scope.Scope> {
  const { argv, connection, host, isThere, shellTimeout = SHELL_TIMEOUT, start } = options
  const stuck = () => Effect.fail(new ShellStuck({ host, seconds: Duration.toSeconds(shellTimeout) }))
  const bad = badArgument(argv)
  if (bad !== undefined) return yield* bad
  const busy = (cause: { readonly message: string }, words: string) =>
    Effect.fail(new HostUnreachable({ host, reason: "busy", words, cause }))
  /** Why there is no other connection is told with why one is needed. */
  const connect = (number: number) =>
    Effect.catchIf(
      connection(number),
      () => number > 0,
      (cause) => busy(cause, `another connection fails: ${cause.message}`)
    )
  let number = 0
  let left = REPLACEMENTS
  let pauseMs = BUSY_PAUSE_MS.first
  const began = yield* monotonicMs
  let patientUntil = began + BUSY_PATIENCE_MS
  while (true) {
    const there = yield* connect(number)
    const started = yield* Effect.timeoutOrElse(start(there), { duration: shellTimeout, orElse: stuck }).pipe(
      waiting(options.options, SHELL)
    )
    if (Result.isSuccess(started)) return started.success
    const error = started.failure
    if (error._tag !== "NotYetStarted") return yield* error
    const { isBusy, words } = error
    const now = yield* monotonicMs
    const next = number + 1
    if (isBusy && next < MAX_CONNECTIONS && (yield* isThere(next))) {
      number = next
    } else if (isBusy && next < MAX_CONNECTIONS && now >= patientUntil) {
      number = next
      patientUntil = now + BUSY_PATIENCE_MS
    } else if (isBusy && now < began + BUSY_TIMEOUT_MS) {
      yield* waiting(options.options, PLACE)(Effect.sleep(yield* jittered(pauseMs)))
      pauseMs = Math.min(2 * pauseMs, BUSY_PAUSE_MS.most)
      number = 0
    } else if (isBusy) {
      return yield* busy(error, "")
    } else if (left-- === 0) {
      return yield* new HostUnreachable({ host, reason: "other", words, cause: error })
    }
  }
})

/** The program, until the scope ends. An interrupted caller gets none. */
export const scopedProgram = <E>(
  launched: Effect.Effect<RemoteProgram, E, Scope.Scope>
): Effect.Effect<RemoteProgram, E, Scope.Scope> =>
  Effect.uninterruptibleMask((restore) =>
    Effect.flatMap(
      restore(launched),
      (program) => Effect.as(Effect.addFinalizer(() => Effect.sync(program.destroy)), program)
    )
  )
