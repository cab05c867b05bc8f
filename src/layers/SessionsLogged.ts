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

/** Logs what becomes of the sessions of one machine. `host`: which; missing: this one. */
const logging = ({ emit }: EventLog["Service"], host?: HostName) => {
  const placeOf = (name: SessionName): Place => host === undefined ? { name } : { name, host }
  return {
    attaching: ({ attach }: AttachClient["Service"]): AttachClient["Service"] => ({
      attach: (options) => {
        const place = placeOf(options.name)
        const onState = (state: AttachState) =>
          Effect.andThen(emit(eventOfState(place, options.role, state)), options.onState?.(state) ?? Effect.void)
        return Effect.tap(attach({ ...options, onState }), (end) => emit(eventOfEnd(place, end)))
      }
    }),
    launching: ({ launch }: DaemonLauncher["Service"]): DaemonLauncher["Service"] => ({
      launch: (spec) =>
        Effect.tap(launch(spec), ({ id }) => emit({ event: "session_created", id, ...placeOf(spec.name) }))
    }),
    controlling: (control: SessionControl["Service"]): SessionControl["Service"] => ({
      ...control,
      wait: (options) =>
        control.wait(options).pipe(
          Effect.tap(({ status }) =>
            emit({ event: "session_ended", exit_code: exitCode(status), ...placeOf(options.name) })
          ),
          Effect.tapErrorTag("SessionLost", ({ reason }) =>
            emit({ event: "connection_lost", reason, final: true, ...placeOf(options.name) }))
        )
    })
  }
}

/** The same services of a host, which log what becomes of sessions. */
export const logged = <Services>(
  services: Context.Context<Services | Logged>,
  log: EventLog["Service"],
  host: HostName
): Context.Context<Services | Logged> => {
  const { attaching, controlling, launching } = logging(log, host)
  return services.pipe(
    Context.add(AttachClient, attaching(Context.get(services, AttachClient))),
    Context.add(DaemonLauncher, launching(Context.get(services, DaemonLauncher))),
    Context.add(SessionControl, controlling(Context.get(services, SessionControl)))
  )
}

/** Layers of this machine's services, which log. */
export const attaching = <E, R>(layer: Layer.Layer<AttachClient, E, R>) =>
  Layer.effect(
    AttachClient,
    Effect.gen(function*() {
      return logging(yield* EventLog).attaching(yield* AttachClient)
    })
  ).pipe(Layer.provide(layer))

export const launching = <E, R>(layer: Layer.Layer<DaemonLauncher, E, R>) =>
  Layer.effect(
    DaemonLauncher,
    Effect.gen(function*() {
      return logging(yield* EventLog).launching(yield* DaemonLauncher)
    })
  ).pipe(Layer.provide(layer))

export const controlling = <E, R>(layer: Layer.Layer<SessionControl, E, R>) =>
  Layer.effect(
    SessionControl,
    Effect.gen(function*() {
      return logging(yield* EventLog).controlling(yield* SessionControl)
    })
  ).pipe(Layer.provide(layer))
