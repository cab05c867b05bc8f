import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Event } from "../schema/Event.ts"

/**
 * Reports what happens: to programs, in a log if there is one, else to the user, on standard error. Its failures never
 * fail the work that it reports.
 */
export class EventLog extends Context.Service<EventLog, {
  /** Appends one line to the log, whole even when several processes share it. Does nothing without a log. */
  readonly emit: (event: Event) => Effect.Effect<void>
  /** A line for the user, on standard error; not printed where there is a log. */
  readonly say: (line: string) => Effect.Effect<void>
  /** There is a log, and it can be written: then progress is not shown to the user. */
  readonly isOn: () => boolean
}>()("sesh/services/EventLog") {}
