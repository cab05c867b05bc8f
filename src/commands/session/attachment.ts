/** What attaching and watching share: the check for loops, and the report at the end. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import { exitCode, exitCodeOf } from "../../schema/Session.ts"
import { parseSessionName, type SessionName } from "../../schema/SessionName.ts"
import { type AttachEnd, type AttachOptions, reasonOf } from "../../services/AttachClient.ts"
import { LoopError } from "../../services/LoopError.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { onHostSuffix } from "../words/failures.ts"
import { CONNECTION_LOST } from "../words/report.ts"
import { visible } from "../words/text.ts"
import { currentSession } from "./currentSession.ts"

/** Where an attachment is shown: in the session that we run in, if any. */
export const shownWithin = Effect.map(
  currentSession,
  (current): Pick<AttachOptions, "within"> => Option.isNone(current) ? {} : { within: current.value }
)

/**
 * Fails if the session is the one we run in, or shows it, directly or through other sessions of this machine. Returns
 * where the attachment is shown. The session itself refuses a loop too, over any number of hosts (`Surroundings`). This
 * stays beside that: sessions before 1.4 do not tell in which others they are shown, and here the message says in which
 * session one is.
 */
export const refuseLoop = Effect.fn("refuseLoop")(function*(name: SessionName) {
  const current = yield* currentSession
  if (Option.isNone(current)) return {}
  const registry = yield* SessionRegistry
  const shownIn = new Set<string>([current.value])
  // The set grows while it is walked: sessions whose clients show the ones found so far.
  for (const shown of shownIn) {
    if (shown === name) return yield* new LoopError({ name, current: current.value })
    const answer = yield* registry.get(shown as SessionName).pipe(Effect.option)
    if (Option.isNone(answer)) continue
    for (const { within } of answer.value.info.clients) {
      if (within !== undefined && Result.isSuccess(parseSessionName(within))) shownIn.add(within)
    }
  }
  return { within: current.value }
})

/** Prints how an attachment ended, and returns the exit code. */
export const reportEnd = Effect.fn("reportEnd")(function*(name: SessionName, end: AttachEnd) {
  const { note } = yield* Output
  const session = `${name}${yield* onHostSuffix}`
  switch (end._tag) {
    case "Detached":
      yield* note(`[detached from ${session}${end.reason === undefined ? "" : `: ${visible(end.reason)}`}]`)
      return 0
    case "Exited":
      yield* note(`[${session} ended]`)
      return exitCode(end.status)
    case "Lost":
      yield* note(`[lost ${session}: ${visible(reasonOf(end.error))}]`)
      return CONNECTION_LOST
    case "Signal":
      yield* note(`[detached from ${session}]`)
      return exitCodeOf(end.signal)
  }
})
