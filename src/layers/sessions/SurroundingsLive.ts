import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import { Control, type ShownIn } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import { readCurrentSession } from "../../schema/Variables.ts"
import { Caller, runsIn } from "../../services/Caller.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { Surroundings } from "../../services/Surroundings.ts"
import { ask } from "./conversation.ts"

/** How long the session that we are in may take to answer. */
const PATIENCE_MS = 5_000

/** Asks the session that we are in, over a connection that stays. */
export const layer: Layer.Layer<Surroundings, never, Caller | SessionClient> = Layer.effect(
  Surroundings,
  Effect.gen(function*() {
    const caller = yield* Caller
    const { env, version } = caller
    const client = yield* SessionClient

    const follow = Effect.fn("Surroundings.follow")(function*(onChange: (ids: ShownIn) => void) {
      const name = Result.getOrElse(readCurrentSession(env["SESH_SESSION"]), () => undefined)
      if (name === undefined) return onChange([])
      const scope = yield* Scope.fork(yield* Effect.scope)
      const question = ask(client, { name, version, patience: PATIENCE_MS, role: "wait", more: { follow: true } })
      const asked = Option.getOrUndefined(yield* Effect.option(Scope.provide(question, scope)))
      if (asked === undefined || !runsIn(caller, asked.welcome.info.tty)) {
        onChange([])
        return yield* Scope.close(scope, Exit.void)
      }
      onChange(asked.welcome.shownIn ?? [asked.welcome.info.id])
      asked.hear({
        onFrame: (type, payload) => {
          if (type !== FrameType.shownIn) return
          const news = Option.getOrUndefined(Control.shownIn.decode(payload))
          if (news !== undefined) onChange(news.shownIn)
        },
        onClose: () => undefined
      })
    })

    return Surroundings.of({ follow })
  })
)
