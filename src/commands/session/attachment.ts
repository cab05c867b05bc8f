/** What is common to every way of looking at a session: no loops, and a last word. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { exitCode } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { SIGNAL_NUMBERS } from "../../schema/Signal.ts"
import { type AttachEnd, reasonOf } from "../../services/AttachClient.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { CONNECTION_LOST } from "../hosts/onHost.ts"
import { onHost } from "../words/failures.ts"
import { visible } from "../words/text.ts"
import { here } from "./currentSession.ts"

/** Attaching would show a session inside itself. */
export class LoopError extends Schema.TaggedError<LoopError>()("LoopError", {
  name: Schema.String,
  here: Schema.String
}) {
  override get message() {
    return this.name === this.here
      ? `this is session ${this.name} already; detach from it first`
      : `session ${this.name} shows ${this.here}, where you are; detach from it first`
  }
}

/** Fails when the session is the one we are in, or shows it, through however many others. */
export const refuseLoop = Effect.fn("refuseLoop")(function*(name: SessionName) {
  const inside = yield* here
  if (Option.isNone(inside)) return
  const registry = yield* SessionRegistry
  const showing = new Set<string>([inside.value])
  // A set grows while it is walked: those who show the ones already found.
  for (const shown of showing) {
    if (shown === name) return yield* new LoopError({ name, here: inside.value })
    const answer = yield* registry.get(shown as SessionName).pipe(Effect.option)
    if (Option.isNone(answer)) continue
    for (const { within } of answer.value.info.clients) if (within !== undefined) showing.add(within)
  }
})

/** Says how an attachment ended, and gives the exit code. */
export const report = Effect.fn("report")(function*(name: SessionName, end: AttachEnd) {
  const { note } = yield* Output
  const session = `${name}${yield* onHost}`
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
      return exitCode({ code: 0, signal: SIGNAL_NUMBERS[end.signal] })
  }
})
