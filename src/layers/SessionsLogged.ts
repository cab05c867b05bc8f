import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "../schema/Event.ts"
import type { HostName } from "../schema/HostName.ts"
import { exitCode } from "../schema/Session.ts"
import type { SessionName } from "../schema/SessionName.ts"
import { AttachClient, type AttachEnd, type AttachOptions, type AttachState } from "../services/AttachClient.ts"
import { DaemonLauncher } from "../services/DaemonLauncher.ts"
import { EventLog } from "../services/EventLog.ts"
import { SessionControl } from "../services/SessionControl.ts"

type Logged = AttachClient | DaemonLauncher | SessionControl

type Place = { readonly name: SessionName; readonly host?: HostName }

const eventOfState = (place: Place, role: AttachOptions["role"], state: AttachState): Event => {
  switch (state._tag) {
    case "Attached":
      return { event: "session_attached", role, ...place }
    case "Lost":
      return { event: "connection_lost", reason: state.reason, final: false, ...place }
    case "Resumed":
      return { event: "connection_resumed", ...place }
  }
}

const eventOfEnd = (place: Place, end: AttachEnd): Event => {
  switch (end._tag) {
    case "Detached":
      return { event: "session_detached", ...end.reason === undefined ? {} : { reason: end.reason }, ...place }
    case "Signal":
      return { event: "session_detached", reason: end.signal, ...place }
    case "Exited":
      return { event: "session_ended", exit_code: exitCode(end.status), ...place }
    case "Lost":
      return { event: "connection_lost", reason: end.reason, final: true, ...place }
  }
}

/** The same services, which log what becomes of sessions. `host`: where these are; missing: here. */
export const logged = (services: Context.Context<Logged>, log: EventLog["Service"], host?: HostName) => {
  const { attach } = Context.get(services, AttachClient)
  const { launch } = Context.get(services, DaemonLauncher)
  const control = Context.get(services, SessionControl)
  const { emit } = log
  const placeOf = (name: SessionName): Place => host === undefined ? { name } : { name, host }

  return Context.make(AttachClient, {
    attach: (options) => {
      const place = placeOf(options.name)
      const onState = (state: AttachState) =>
        Effect.andThen(emit(eventOfState(place, options.role, state)), options.onState?.(state) ?? Effect.void)
      return Effect.tap(attach({ ...options, onState }), (end) => emit(eventOfEnd(place, end)))
    }
  }).pipe(
    Context.add(DaemonLauncher, {
      launch: (spec) =>
        Effect.tap(launch(spec), ({ id }) => emit({ event: "session_created", id, ...placeOf(spec.name) }))
    }),
    Context.add(SessionControl, {
      ...control,
      wait: (options) =>
        Effect.tap(
          control.wait(options),
          ({ status }) => emit({ event: "session_ended", exit_code: exitCode(status), ...placeOf(options.name) })
        )
    })
  )
}

/** Sessions here. */
export const layer: Layer.Layer<Logged, never, Logged | EventLog> = Layer.effectContext(
  Effect.gen(function*() {
    return logged(yield* Effect.context<Logged>(), yield* EventLog)
  })
)
