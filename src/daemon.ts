/** The daemon of one session: its layers, and how it ends. Started by `DaemonLauncherProcess`, never by hand. */
import * as Cause from "effect/Cause"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Logger from "effect/Logger"
import * as SessionServer from "./layers/connection/SessionServerUnix.ts"
import * as Caller from "./layers/console/CallerProcess.ts"
import * as OperatingSystem from "./layers/console/OperatingSystemProcess.ts"
import * as SessionDaemonLive from "./layers/daemon/SessionDaemonLive.ts"
import type { LaunchReply } from "./layers/launcher/channel.ts"
import { removeEmptyLog } from "./layers/launcher/daemonLog.ts"
import { closeInherited, readLaunch, sendReply } from "./layers/launcher/daemonSide.ts"
import * as Lock from "./layers/paths/LockSqlite.ts"
import * as Paths from "./layers/paths/PathsXdg.ts"
import * as Pty from "./layers/pty/PtyNode.ts"
import * as Scrollback from "./layers/scrollback/ScrollbackTerminal.ts"
import * as SessionFiles from "./layers/sessions/SessionFilesDisk.ts"
import { listen, listening } from "./layers/system/processEvents.ts"
import * as QueryResponder from "./layers/vt/QueryResponderLive.ts"
import * as VtEngine from "./layers/xterm/VtEngineXterm.ts"
import { GRACE_MS } from "./schema/protocol/Control.ts"
import type { SessionSpec } from "./schema/Session.ts"
import { VERSION } from "./schema/Version.ts"
import { Paths as PathsService } from "./services/Paths.ts"
import { SessionDaemon as Host, type StartError } from "./services/SessionDaemon.ts"

const layers = SessionDaemonLive.layer.pipe(
  Layer.provide(
    Layer.mergeAll(SessionServer.layer, SessionFiles.layer, Pty.layer, Scrollback.layer, QueryResponder.layer)
  ),
  Layer.provide(Layer.mergeAll(Lock.layer, VtEngine.layer)),
  Layer.provideMerge(Paths.layer),
  Layer.provide([Caller.layer(VERSION), OperatingSystem.layer]),
  // Standard error is the log.
  Layer.provide(Layer.succeed(Logger.LogToStderr, true))
)

const refusal = (error: StartError): LaunchReply => {
  if (error._tag === "SessionExists") {
    return { exists: true, ...(error.machine === undefined ? {} : { machine: error.machine }) }
  }
  return {
    error: error.message,
    ...(error._tag === "PtyError" && error.kind !== "other" ? { kind: error.kind } : {})
  }
}

/** The system shuts down, or somebody ended us by our pid. */
const asked = Effect.gen(function*() {
  const heard = yield* Deferred.make<void>()
  yield* listening({ SIGTERM: () => Deferred.doneUnsafe(heard, Exit.void) })
  yield* Deferred.await(heard)
}).pipe(Effect.scoped)

const start = Effect.fnUntraced(function*(spec: SessionSpec) {
  const session = yield* (yield* Host).start(spec).pipe(
    Effect.tapError((error) => sendReply(refusal(error)))
  )
  yield* Effect.forkScoped(Effect.andThen(asked, session.kill(GRACE_MS)))
  yield* sendReply({ ok: { id: session.info.id } })
  return session
})

/** `opened` is told the path of the log that standard error is. */
const program = Effect.fnUntraced(function*(opened: (log: string) => void) {
  const spec = yield* readLaunch().pipe(Effect.tapError((error) => Effect.logError(error.message)))
  opened((yield* PathsService).session(spec.name).log)
  const session = yield* start(spec)
  yield* session.ended
}, Effect.scoped)

const isTaken = (exit: Exit.Exit<void, { readonly _tag: string }>): boolean =>
  Exit.isFailure(exit) &&
  exit.cause.reasons.some((reason) => Cause.isFailReason(reason) && reason.error._tag === "SessionExists")

/** Serves one session until it ends. */
export const main = (): void => {
  closeInherited()
  // The terminal and the login that started it may end, and a Ctrl-C there is not for it. At SIGUSR1 the session looks
  // for its files; before and after that, Node would start a debugger.
  listen({ SIGHUP: () => {}, SIGINT: () => {}, SIGUSR1: () => {} })
  let log: string | undefined
  const run = program((path) => {
    log = path
  })
  Effect.runCallback(run.pipe(Effect.provide(layers)), {
    onExit: (exit) => {
      // What was expected was answered.
      if (Exit.isFailure(exit) && Exit.hasDies(exit)) console.error(Cause.pretty(exit.cause))
      // The session that has the name has that log too.
      if (!isTaken(exit)) removeEmptyLog(log)
      process.exit(Exit.isSuccess(exit) ? 0 : 1)
    }
  })
}
