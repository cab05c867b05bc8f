import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { type Ended, isFresh } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { Paths } from "../../services/Paths.ts"
import { outputPath, readEnded, readOutput } from "./endRecords.ts"

/** The records in the sessions' directory. */
export const layer: Layer.Layer<EndedSessions, never, Paths> = Layer.effect(
  EndedSessions,
  Effect.gen(function*() {
    const paths = yield* Paths

    const get = Effect.fn("EndedSessions.get")(function*(name: SessionName) {
      // In a directory that others can write to, a record may be theirs.
      const isOurs = yield* Effect.orElseSucceed(paths.check, () => false)
      if (!isOurs) return Option.none<Ended>()
      const now = yield* Clock.currentTimeMillis
      const path = paths.session(name).ended
      const known = Option.filter(readEnded(path, name), (ended) => isFresh(ended, now))
      return Option.map(known, (ended): Ended => {
        const output = Option.getOrUndefined(readOutput(outputPath(path), ended.id))
        return output === undefined ? ended : { ...ended, output }
      })
    })

    return EndedSessions.of({ get })
  })
)
