import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type { Event } from "../schema/Event.ts"

/** Tells what happens: programs in a log if somebody asked for one, else people on standard error. Never fails the work it tells of. */
export class EventLog extends Context.Service<EventLog, {
  /** Appends one line to the log, whole even when several processes share it. Nothing where there is none. */
  readonly emit: (event: Event) => Effect.Effect<void>
  /** A line for a person, on standard error; not said where there is a log. */
  readonly say: (line: string) => Effect.Effect<void>
  /** There is a log, and it can be written: then progress is not for people. */
  readonly isOn: () => boolean
}>()("sesh/services/EventLog") {}
