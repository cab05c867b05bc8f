import * as Effect from "effect/Effect"
import { EventLog } from "../../services/EventLog.ts"
import { Progress } from "../../services/Progress.ts"

/** A progress line for people. Does nothing if the event log is on: then a program shows the progress. */
export const progressLine = Effect.gen(function*() {
  return (yield* EventLog).isOn() ? () => {} : yield* (yield* Progress).line
})
