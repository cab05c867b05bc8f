import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { Control, type Welcome } from "../schema/Control.ts"
import { FrameType } from "../schema/Frame.ts"
import type { ExitStatus } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import { Caller } from "../services/Caller.ts"
import { Lock } from "../services/Lock.ts"
import { Paths, PathsError } from "../services/Paths.ts"
import { SessionClient } from "../services/SessionClient.ts"
import { type AskError, type Listed, SessionRegistry, SessionUnresponsive } from "../services/SessionRegistry.ts"
import { ask, askAll, type Asked } from "./internal/ask.ts"
import { readInfo, readSessions, removeSession } from "./internal/sessionDirectory.ts"

/** In a listing one that does not answer must not hold up the others; asked alone it gets more time. Milliseconds. */
const LIST_PATIENCE = 1_000
const PATIENCE = 5_000

/** The kernel hangs a terminal up when the process that held it is gone (signal(7)). */
const SIGHUP = 1

const problemOf = (error: Exclude<AskError, { readonly _tag: "NoSession" }>): string =>
  error._tag === "VersionMismatch" || error._tag === "HostError" ? error.message : error.reason

/** Sockets in the sessions' directory: who answers lives, who refuses the connection is dead. */
export const layer: Layer.Layer<SessionRegistry, never, Paths | SessionClient | Lock | Caller> = Layer.effect(
  SessionRegistry,
  Effect.gen(function*() {
    const paths = yield* Paths
    const client = yield* SessionClient
    const lock = yield* Lock
    const { version } = yield* Caller

    const content = Effect.gen(function*() {
      if (!(yield* paths.check)) return { sockets: [], leftovers: [] }
      return yield* Effect.try({
        try: () => readSessions(paths.dir),
        catch: (cause) =>
          new PathsError({ path: paths.dir, problem: `cannot be read (${String(cause)})`, advice: "look at it" })
      })
    })

    /** None when it turns out to be dead. */
    const listed = (name: SessionName, answer: Result.Result<Welcome, AskError>): Option.Option<Listed> => {
      if (Result.isSuccess(answer)) return Option.some({ name, info: answer.success.info })
      const error = answer.failure
      if (error._tag === "NoSession") return Option.none()
      const info = readInfo(paths.session(name).info, name)
      return Option.some({ name, ...(info === undefined ? {} : { info }), problem: problemOf(error) })
    }

    const isDead = (name: SessionName) =>
      Effect.scoped(client.connect(name)).pipe(
        Effect.as(false),
        Effect.catch((error) => Effect.succeed(error._tag === "NoSession"))
      )

    /** Asks again under the lock: a new session may have taken the name meanwhile. */
    const reapAll = (names: ReadonlyArray<SessionName>) =>
      lock.withLock(Effect.filter(names, (name) =>
        Effect.flatMap(isDead(name), (dead) =>
          dead
            ? Effect.orElseSucceed(Effect.try(() => removeSession(paths.dir, name)), () => false)
            : Effect.succeed(false))))

    const list = Effect.gen(function*() {
      const { leftovers, sockets } = yield* content
      const scope = yield* Scope.make()
      const answers = yield* askAll(client, { names: sockets, version, patience: LIST_PATIENCE }).pipe(
        Scope.provide(scope),
        // Closing ten connections takes longer than writing ten lines, and nobody waits for it.
        Effect.ensuring(Effect.forkDetach(Scope.close(scope, Exit.void)))
      )
      const looked = sockets.map((name, index) => listed(name, answers[index]!))
      const dead = sockets.filter((_, index) => Option.isNone(looked[index]!))
      if (dead.length + leftovers.length > 0) {
        yield* reapAll([...dead, ...leftovers]).pipe(Effect.timeoutOption(LIST_PATIENCE), Effect.ignore)
      }
      return looked.flatMap(Option.toArray)
    }).pipe(Effect.withSpan("SessionRegistry.list"))

    const names = content.pipe(
      Effect.map(({ sockets }) => sockets),
      Effect.orElseSucceed((): ReadonlyArray<SessionName> => [])
    )

    const question = (name: SessionName) => ask(client, { name, version, patience: PATIENCE })

    const get = Effect.fn("SessionRegistry.get")((name: SessionName) =>
      Effect.scoped(Effect.map(question(name), ({ welcome }) => welcome))
    )

    /** Waits for the frame that `read` wants; none when the connection ends before it came. */
    const hear = <A>(asked: Asked, read: (type: number, payload: Buffer) => Option.Option<A>) =>
      Effect.callback<Option.Option<A>>((resume) => {
        asked.hear((frame) => {
          const found = frame === undefined ? Option.none() : read(frame.type, frame.payload)
          if (frame === undefined || Option.isSome(found)) resume(Effect.succeed(found))
        })
      })

    const within = (name: SessionName, ms: number, reason: string) =>
      Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.fail(new SessionUnresponsive({ name, reason })) })

    const kill = Effect.fn("SessionRegistry.kill")(function*(name: SessionName, graceMs: number) {
      const asked = yield* question(name)
      asked.send(FrameType.kill, Control.kill.encode({ graceMs }))
      const status = yield* hear(
        asked,
        (type, payload) => type === FrameType.exit ? Control.exit.decode(payload) : Option.none()
      ).pipe(
        within(name, graceMs + PATIENCE, "it did not end")
      )
      return Option.getOrElse(status, (): ExitStatus => ({ code: 0, signal: SIGHUP }))
    }, Effect.scoped)

    const detach = Effect.fn("SessionRegistry.detach")(function*(name: SessionName, reason?: string) {
      const asked = yield* question(name)
      asked.send(FrameType.detach, Control.detach.encode(reason === undefined ? {} : { reason }))
      asked.send(FrameType.ping)
      // Frames are handled in order: the answer says that the detach was.
      yield* hear(asked, (type) => type === FrameType.pong ? Option.some(true) : Option.none()).pipe(
        within(name, PATIENCE, "it did not say that it did")
      )
      return asked.welcome.info.clients.filter(({ role }) => role === "attach" || role === "watch").length
    }, Effect.scoped)

    const reap = Effect.fn("SessionRegistry.reap")(function*(name: SessionName) {
      const { leftovers, sockets } = yield* content
      if (!sockets.includes(name) && !leftovers.includes(name)) return false
      return (yield* reapAll([name])).length > 0
    })

    return SessionRegistry.of({ list, names, get, kill, detach, reap })
  })
)
