import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import * as Result from "effect/Result"
import * as Schedule from "effect/Schedule"
import * as Scope from "effect/Scope"
import * as Semaphore from "effect/Semaphore"
import { newId } from "../../schema/Id.ts"
import { MAX_PAYLOAD_BYTES } from "../../schema/protocol/Frame.ts"
import { boundedSize, type ExitStatus, type SessionInfo, type SessionSpec } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import { Caller } from "../../services/Caller.ts"
import { Pty } from "../../services/Pty.ts"
import { QueryResponder } from "../../services/QueryResponder.ts"
import { Scrollback } from "../../services/Scrollback.ts"
import { SessionDaemon, type StartError } from "../../services/SessionDaemon.ts"
import { SessionFiles } from "../../services/SessionFiles.ts"
import { SessionServer } from "../../services/SessionServer.ts"
import { monotonicMsOf } from "../system/monotonic.ts"
import { CurrentProgram } from "./currentProgram.ts"
import { ptySpecOf } from "./ptySpec.ts"
import { Session } from "./session.ts"

/** After the end of the session, a client that reads nothing for this long is dropped. */
const DRAIN_TIMEOUT_MS = 2000
const DRAIN_POLL_MS = 20

/** Milliseconds between two tries to start a kept session's shell, while the system has too little for one. */
const SHELL_PAUSE_MS = 1000

/** Longest command that is listed, in bytes of JSON: half a frame, so that everything else fits into it too. */
const COMMAND_BYTES = MAX_PAYLOAD_BYTES / 2

/** A command that is too long is not listed: a part of it would be another command. */
const listedCommand = (command: SessionSpec["command"]): Pick<SessionInfo, "command" | "hasLongCommand"> => {
  if (command === undefined) return {}
  return Buffer.byteLength(JSON.stringify(command)) > COMMAND_BYTES ? { hasLongCommand: true } : { command }
}

const isShortage = (error: StartError): boolean => error._tag === "PtyError" && error.isShortage === true

/** Waits until every client has read what was sent to it, or has stopped reading. */
const waitForDrain = Effect.fnUntraced(function*(session: Session) {
  for (let pending = Infinity, quietMs = 0; session.open > 0 && quietMs < DRAIN_TIMEOUT_MS;) {
    yield* Effect.sleep(DRAIN_POLL_MS)
    quietMs = session.pending < pending ? 0 : quietMs + DRAIN_POLL_MS
    pending = session.pending
  }
})

/** A session, over services alone: runs on fakes. */
export const layer: Layer.Layer<
  SessionDaemon,
  never,
  Pty | Scrollback | QueryResponder | SessionServer | SessionFiles | Caller
> = Layer.effect(
  SessionDaemon,
  Effect.gen(function*() {
    const pty = yield* Pty
    const scrollback = yield* Scrollback
    const server = yield* SessionServer
    const files = yield* SessionFiles
    const queries = yield* QueryResponder
    const { accountShell, version } = yield* Caller

    const start = Effect.fn("SessionDaemon.start")(function*(requested: SessionSpec) {
      const spec = { ...requested, size: boundedSize(requested.size) }
      const scope = yield* Effect.scope
      const clock = yield* Clock.Clock
      const run = Effect.runForkWith(yield* Effect.context())
      const fork = (effect: Effect.Effect<void>) => void run(Effect.forkIn(effect, scope))
      const exits = yield* Queue.unbounded<ExitStatus>()
      const creatorWaitEnd = yield* Deferred.make<void>()
      const ended = yield* Deferred.make<ExitStatus>()
      const model = yield* scrollback.make(spec.size)
      const programOf = (spec: SessionSpec) =>
        ptySpecOf({ spec, agentPath: files.agentPath(spec.name), accountShell: accountShell() })
      const ptySpec = yield* programOf(spec)
      const created = yield* Clock.currentTimeMillis

      let agent = spec.env["SSH_AUTH_SOCK"] || undefined
      const pointAgent = (socket: string) => {
        agent = socket
        return files.pointAgent(spec.name, socket)
      }
      const oneAtATime = Semaphore.makeUnsafe(1).withPermits(1)
      /** A socket may be gone already, or be none: then the next one counts. */
      const pointToFirst = Effect.fnUntraced(function*(sockets: ReadonlyArray<string>) {
        for (const socket of sockets) if (yield* files.ownsSocket(socket)) return yield* pointAgent(socket)
      }, oneAtATime)

      const now = () => monotonicMsOf(clock)
      const makeSession = (program: CurrentProgram, initialInfo: SessionInfo) =>
        new Session({
          program,
          model,
          responder: (rows) => queries.make({ report: () => model.report(), rows, now }),
          version,
          initialInfo,
          awaited: spec.awaited,
          now,
          date: () => clock.currentTimeMillisUnsafe(),
          after: (ms, then) => fork(Effect.andThen(Effect.sleep(ms), Effect.sync(then))),
          onAgents: (sockets) => fork(pointToFirst(sockets)),
          onCreatorWaitEnd: () => Deferred.doneUnsafe(creatorWaitEnd, Exit.void),
          onExit: (status) => Queue.offerUnsafe(exits, status)
        })

      const prepare = Effect.gen(function*() {
        const id = spec.id ?? (yield* newId)
        // Before the program, which may want its agent at once.
        if (agent !== undefined) yield* pointAgent(agent)
        const first = yield* Scope.provide(pty.spawn(ptySpec), scope)
        const program = new CurrentProgram(first)
        const session = makeSession(program, {
          name: spec.name,
          id,
          dir: spec.dir,
          ...listedCommand(spec.command),
          pid: first.pid,
          tty: first.tty,
          size: spec.size,
          created,
          active: created,
          clients: []
        })
        // Before anybody finds the session: a listing that gets no answer from it tells what is written here.
        yield* files.writeInfo(session.info)
        return { program, session }
      })

      const listening = yield* Scope.fork(scope)
      const { program, session } = yield* Scope.provide(
        server.listen({
          name: spec.name,
          prepare,
          onConnection: (connection, { session }, scarce) => session.connect(connection, scarce),
          restore: ({ session }) =>
            Effect.andThen(files.writeInfo(session.info), agent === undefined ? Effect.void : pointAgent(agent))
        }),
        listening
      )
      yield* files.forgetEnd(spec.name)

      const outlivesCommand = spec.keep === true && spec.command !== undefined

      /** Runs a shell after the command of a kept session. Gives the session's status. */
      const runShell = Effect.fnUntraced(function*(command: ExitStatus) {
        session.outlive(spec.command!, command)
        let isWaiting = false
        const waitForShell = (why: string) => {
          if (!isWaiting) session.show(Buffer.from(`[no shell yet: ${visible(why)}]\r\n`))
          isWaiting = true
        }
        const next = yield* programOf({ ...spec, command: [], size: session.info.size }).pipe(
          Effect.flatMap(pty.spawn),
          Scope.provide(scope),
          Effect.tapError((error) => Effect.sync(() => isShortage(error) && waitForShell(error.message))),
          Effect.retry({
            while: (error) => isShortage(error) && !session.isKilled,
            schedule: Schedule.spaced(SHELL_PAUSE_MS)
          }),
          Effect.result
        )
        if (Result.isFailure(next)) {
          yield* Effect.logWarning(`${spec.name} cannot be kept`, next.failure.message)
          session.show(Buffer.from(`[no shell: ${visible(next.failure.message)}]\r\n`))
          return command
        }
        program.switchTo(next.success)
        // Killed while no program ran that could get the signal.
        if (session.isKilled) program.signal("SIGHUP")
        return yield* Queue.take(exits)
      })

      const finish = Effect.gen(function*() {
        const first = yield* Queue.take(exits)
        if (outlivesCommand) program.expectNext()
        if (spec.awaited) yield* Deferred.await(creatorWaitEnd)
        const kept = outlivesCommand && !session.isKilled
        const status = kept ? yield* runShell(first) : first
        yield* files.writeEnd({
          name: spec.name,
          id: session.info.id,
          at: yield* Clock.currentTimeMillis,
          status,
          ...(kept ? { command: first } : {})
        })
        // A client that comes back when nobody listens any more takes what it finds then for all there is.
        const owed = session.owedOutput.output
        if (owed !== undefined) yield* files.writeOutput(spec.name, session.info.id, owed)
        // The name is free before a client hears of the end: it may use the name again at once.
        yield* Scope.close(listening, Exit.void)
        session.end(status)
        yield* waitForDrain(session)
        if (owed !== undefined && session.owedOutput.output === undefined) {
          yield* files.forgetOutput(spec.name, session.info.id)
        }
        session.destroy()
        yield* Deferred.succeed(ended, status)
      })
      yield* Effect.forkIn(finish, scope)
      yield* Effect.addFinalizer(() => Effect.sync(() => session.destroy()))

      return {
        info: session.info,
        ended: Deferred.await(ended),
        kill: (graceMs: number) => Effect.sync(() => session.kill(graceMs))
      }
    })

    return SessionDaemon.of({ start })
  })
)
