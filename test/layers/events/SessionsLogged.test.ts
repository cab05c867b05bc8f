import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as SessionsLogged from "../../../src/layers/events/SessionsLogged.ts"
import * as EventLogFake from "../../../src/layers/testing/EventLogFake.ts"
import * as OutputFake from "../../../src/layers/testing/OutputFake.ts"
import type { SessionSpec } from "../../../src/schema/Session.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { AttachClient, type AttachEnd, SessionGone } from "../../../src/services/AttachClient.ts"
import { ConnectionReset } from "../../../src/services/Connection.ts"
import { DaemonLauncher } from "../../../src/services/DaemonLauncher.ts"
import { EventLog } from "../../../src/services/EventLog.ts"
import { SessionControl, SessionLost } from "../../../src/services/SessionControl.ts"
import { ConnectionLost } from "../../../src/services/SshTransport.ts"
import { hostNamed } from "../../support/sshSuite.ts"

const name = "dev" as SessionName
const spec: SessionSpec = { name, dir: "/", env: {}, size: { cols: 80, rows: 24 }, awaited: false }

/** What broke a connection. */
const gone = new ConnectionReset({ code: "EIO", cause: new Error("gone") })

/** Sessions that do nothing, and end with `end`. */
const sessions = (end: AttachEnd) =>
  Layer.mergeAll(
    Layer.succeed(AttachClient, {
      attach: ({ onState }) =>
        Effect.as(
          Effect.forEach(
            [{ _tag: "Attached" }, { _tag: "Lost", error: gone }, { _tag: "Resumed" }] as const,
            (state) => onState?.(state) ?? Effect.void
          ),
          end
        )
    }),
    Layer.succeed(DaemonLauncher, { launch: () => Effect.succeed({ id: "9f1c" }) }),
    Layer.mock(SessionControl, {
      wait: () => Effect.succeed({ status: { code: 3 }, output: [], before: 0 })
    })
  )

const log = EventLogFake.layer().pipe(Layer.provide(OutputFake.layer({ isTerminal: false })))

const here = (services: Layer.Layer<AttachClient | DaemonLauncher | SessionControl>) =>
  Layer.mergeAll(
    SessionsLogged.attaching(services),
    SessionsLogged.launching(services),
    SessionsLogged.controlling(services)
  )

const eventsOf = (end: AttachEnd, host?: string) =>
  Effect.gen(function*() {
    const services = yield* Effect.context<AttachClient | DaemonLauncher | SessionControl>()
    const context = host === undefined
      ? yield* Layer.build(here(Layer.succeedContext(services)))
      : SessionsLogged.logged(services, yield* EventLog, hostNamed(host))
    yield* Context.get(context, DaemonLauncher).launch(spec)
    yield* Context.get(context, AttachClient).attach({ name, role: "watch" })
    yield* Context.get(context, SessionControl).wait({ name })
    return (yield* EventLogFake.EventLogTestRef).events
  }).pipe(Effect.provide(Layer.merge(sessions(end), log)))

describe("the events of sessions", () => {
  it.effect("are logged, with the host where there is one", () =>
    Effect.gen(function*() {
      const place = { name, host: hostNamed("web") }
      assert.deepStrictEqual(yield* eventsOf({ _tag: "Exited", status: { code: 0, signal: 2 } }, "web"), [
        { event: "session_created", id: "9f1c", ...place },
        { event: "session_attached", role: "watch", ...place },
        { event: "connection_lost", reason: "gone", final: false, ...place },
        { event: "connection_resumed", ...place },
        { event: "session_ended", exit_code: 130, ...place },
        { event: "session_ended", exit_code: 3, ...place }
      ])
    }))

  it.effect("include a connection that was lost during a wait", () =>
    Effect.gen(function*() {
      const lost = new SessionLost({
        name,
        why: "broken",
        cause: new ConnectionLost({ host: "web", words: "" })
      })
      const services = yield* Layer.build(Layer.mergeAll(
        sessions({ _tag: "Lost", error: new SessionGone({}) }),
        Layer.mock(SessionControl, {
          wait: ({ onState }) =>
            Effect.gen(function*() {
              yield* onState!({ _tag: "Lost", reason: "gone" })
              yield* onState!({ _tag: "Resumed" })
              return yield* lost
            })
        })
      ))
      const host = hostNamed("web")
      const control = Context.get(SessionsLogged.logged(services, yield* EventLog, host), SessionControl)
      assert.strictEqual(yield* Effect.flip(control.wait({ name })), lost)
      assert.deepStrictEqual((yield* EventLogFake.EventLogTestRef).events, [
        { event: "connection_lost", reason: "gone", final: false, name, host },
        { event: "connection_resumed", name, host },
        { event: "connection_lost", reason: "the connection to web is lost", final: true, name, host }
      ])
    }).pipe(Effect.scoped, Effect.provide(log)))

  for (
    const [end, event] of [
      [{ _tag: "Detached", by: "key" }, { event: "session_detached", name }],
      [{ _tag: "Detached", by: "other", reason: "by another client" }, {
        event: "session_detached",
        reason: "by another client",
        name
      }],
      [{ _tag: "Signal", signal: "SIGHUP" }, { event: "session_detached", reason: "SIGHUP", name }],
      [{ _tag: "Lost", error: new SessionGone({}) }, {
        event: "connection_lost",
        reason: "its process is gone",
        final: true,
        name
      }]
    ] as const
  ) {
    it.effect(`each kind of end has its event: ${end._tag}${"by" in end ? ` by ${end.by}` : ""}`, () =>
      Effect.map(eventsOf(end), (events) => assert.deepStrictEqual(events.at(-2), event)))
  }
})
