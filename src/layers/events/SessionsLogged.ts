import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { Event } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import { exitCode } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import {
  AttachClient,
  type AttachEnd,
  type AttachOptions,
  type AttachState,
  reasonOf
} from "../../services/AttachClient.ts"
import { DaemonLauncher } from "../../services/DaemonLauncher.ts"
import { EventLog } from "../../services/EventLog.ts"
import { type ControlState, SessionControl } from "../../services/SessionControl.ts"

type Logged = AttachClient | DaemonLauncher | SessionControl

type SessionRef = { readonly name: SessionName; readonly host?: HostName }

const eventOfState = (session: SessionRef, role: AttachOptions["role"], state: AttachState): Event => {
  switch (state._tag) {
    case "Attached":
      return { event: "session_attached", role, ...session }
    case "Lost":
      return {
        event: "connection_lost",
        reason: state.error === undefined ? "" : reasonOf(state.error),
        final: false,
        ...session
      }
    case "Locked":
      return { event: "login_needed", reason: reasonOf(state.error), ...session }
    case "Resumed":
      return { event: "connection_resumed", ...session }
  }
}

const eventOfControl = (session: SessionRef, state: ControlState): Event =>
  state._tag === "Resumed"
    ? { event: "connection_resumed", ...session }
    : { event: "connection_lost", reason: state.reason, final: false, ...session }

const eventOfEnd = (session: SessionRef, end: AttachEnd): Event => {
  switch (end._tag) {
    case "Detached":
      return { event: "session_detached", ...end.reason === undefined ? {} : { reason: end.reason }, ...session }
    case "Signal":
      return { event: "session_detached", reason: end.signal, ...session }
    case "Exited":
      return { event: "session_ended", exit_code: exitCode(end.status), ...session }
    case "Lost":
      return { event: "connection_lost", reason: reasonOf(end.error), final: true, ...session }
  }
}

/** Logs the events of one machine's sessions. `host`: its name; missing: this machine. */
const logging = ({ emit }: EventLog["Service"], host?: HostName) => {
  const sessionOf = (name: SessionName): SessionRef => host === undefined ? { name } : { name, host }
  return {
    attaching: ({ attach }: AttachClient["Service"]): AttachClient["Service"] => ({
      attach: (options) => {
        const session = sessionOf(options.name)
        const onState = (state: AttachState) =>
          Effect.andThen(emit(eventOfState(session, options.role, state)), options.onState?.(state) ?? Effect.void)
        return Effect.tap(attach({ ...options, onState }), (end) => emit(eventOfEnd(session, end)))
      }
    }),
    launching: ({ launch }: DaemonLauncher["Service"]): DaemonLauncher["Service"] => ({
      launch: (spec, options) =>
        Effect.tap(launch(spec, options), ({ id }) => emit({ event: "session_created", id, ...sessionOf(spec.name) }))
    }),
    controlling: (control: SessionControl["Service"]): SessionControl["Service"] => ({
      ...control,
      wait: (options) => {
        const session = sessionOf(options.name)
        const onState = (state: ControlState) =>
          Effect.andThen(emit(eventOfControl(session, state)), options.onState?.(state) ?? Effect.void)
        return control.wait({ ...options, onState }).pipe(
          Effect.tap(({ status }) => emit({ event: "session_ended", exit_code: exitCode(status), ...session })),
          Effect.tapErrorTag(
            "SessionLost",
            ({ reason }) => emit({ event: "connection_lost", reason, final: true, ...session })
          )
        )
      }
    })
  }
}

/** A host's services, with the events of its sessions logged. */
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

/** A layer of one of this machine's services, with events logged. */
const local = <Id, Service>(
  service: Context.Service<Id, Service>,
  log: (by: ReturnType<typeof logging>) => (given: Service) => Service
) =>
<E, R>(layer: Layer.Layer<Id, E, R>): Layer.Layer<Id, E, R | EventLog> =>
  Layer.effect(
    service,
    Effect.gen(function*() {
      return log(logging(yield* EventLog))(yield* service)
    })
  ).pipe(Layer.provide(layer))

export const attaching = local(AttachClient, (by) => by.attaching)
export const launching = local(DaemonLauncher, (by) => by.launching)
export const controlling = local(SessionControl, (by) => by.controlling)
