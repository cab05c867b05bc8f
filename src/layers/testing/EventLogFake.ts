import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "../../schema/Event.ts"
import { EventLog } from "../../services/EventLog.ts"
import { Output } from "../../services/Output.ts"

/** What was logged, for tests to look at. */
export class EventLogTestRef
  extends Context.Service<EventLogTestRef, { readonly events: Array<Event> }>()("sesh/layers/testing/EventLogTestRef")
{}

/** Keeps events in memory. `isOn: false`: there is no log, and people are told. */
export const layer = (
  options: { readonly isOn?: boolean } = {}
): Layer.Layer<EventLog | EventLogTestRef, never, Output> =>
  Layer.effectContext(Effect.map(Output, ({ note }) => {
    const events: Array<Event> = []
    const isOn = options.isOn ?? true
    return Context.make(EventLogTestRef, { events }).pipe(
      Context.add(EventLog, {
        emit: (event) => Effect.sync(() => void (isOn && events.push(event))),
        say: (line) => isOn ? Effect.void : note(line),
        isOn: () => isOn
      })
    )
  }))
