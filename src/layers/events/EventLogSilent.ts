import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { EventLog } from "../../services/EventLog.ts"
import { Output } from "../../services/Output.ts"

/** There is no log: messages go to the user. */
export const layer: Layer.Layer<EventLog, never, Output> = Layer.effect(
  EventLog,
  Effect.map(Output, ({ note }) => EventLog.of({ emit: () => Effect.void, say: note, isOn: () => false }))
)
