import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { ListedSession } from "../../schema/Listing.ts"
import type { Welcome } from "../../schema/protocol/Control.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"
import { Lock } from "../../services/Lock.ts"
import { Paths, PathsError } from "../../services/Paths.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { type AskError, SessionRegistry } from "../../services/SessionRegistry.ts"
import { askAll, HUNG_UP } from "./conversation.ts"
import { readInfo, readSessions, removeSession } from "./directory.ts"
import { askSessions } from "./requests.ts"

/** In a listing, a session that does not answer must not delay the others; asked alone, it gets more time. */
const LIST_PATIENCE = "1 second"

const problemOf = (error: Exclude<AskError, { readonly _tag: "NoSession" }>): string =>
  "reason" in error ? error.reason : error.message

/** It has just ended, or takes no connection. */
const hasHungUp = (answer: Result.Result<Welcome, AskError>): boolean =>
  Result.isFailure(answer) && answer.failure._tag === "SessionUnresponsive" && answer.failure.reason === HUNG_UP

/**
 * Sockets in the sessions' directory: a session that answers is alive. One that refuses the connection is dead, unless
 * its description names a process that runs, or another machine.
 */
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
          new PathsError({ path: paths.dir, problem: `cannot be read (${String(cause)})`, advice: "look at it", cause })
      })
    })

    /** None if the session is dead. */
    const listed = (name: SessionName, answer: Result.Result<Welcome, AskError>): Option.Option<ListedSession> => {
      if (Result.isSuccess(answer)) return Option.some({ name, info: answer.success.info })
      const error = answer.failure
      if (error._tag === "NoSession") return Option.none()
      const info = readInfo(paths.session(name).info, name)
      return Option.some({
        name,
        ...(info === undefined ? {} : { info }),
        ...(error._tag === "SessionElsewhere" ? { machine: error.machine } : {}),
        problem: problemOf(error)
      })
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
      // Also those whose socket somebody has removed: they may live.
      const asked = [...sockets, ...leftovers].toSorted()
      const scope = yield* Scope.make()
      const answers = yield* askAll(client, { names: asked, version, patience: LIST_PATIENCE }).pipe(
        Scope.provide(scope),
        // Closing ten connections takes longer than writing ten lines, and nobody waits for it.
        Effect.ensuring(Effect.forkDetach(Scope.close(scope, Exit.void)))
      )
      const looked = yield* Effect.forEach(asked, (name, index) => {
        const seen = listed(name, answers[index]!)
        if (!hasHungUp(answers[index]!)) return Effect.succeed(seen)
        return Effect.map(isDead(name), (dead) => dead ? Option.none() : seen)
      })
      const dead = asked.filter((_, index) => Option.isNone(looked[index]!))
      if (dead.length > 0) {
        yield* reapAll(dead).pipe(Effect.timeoutOption(LIST_PATIENCE), Effect.ignore)
      }
      return looked.flatMap(Option.toArray)
    }).pipe(Effect.withSpan("SessionRegistry.list"))

    const names = content.pipe(
      Effect.map(({ sockets }) => sockets),
      Effect.orElseSucceed((): ReadonlyArray<SessionName> => [])
    )

    const { detach, get, kill } = askSessions(client, version)

    return SessionRegistry.of({ list, names, get, kill, detach })
  })
)
