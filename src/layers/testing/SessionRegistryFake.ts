import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { byName, type ListedSession } from "../../schema/Listing.ts"
import { PROTOCOL, type Welcome } from "../../schema/protocol/Control.ts"
import type { ExitStatus, SessionInfo } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { NoSession } from "../../services/NoSession.ts"
import { SessionRegistry, SessionUnresponsive } from "../../services/SessionRegistry.ts"

/** A session as a test sets it. */
export interface FakeSession {
  readonly info: SessionInfo
  /** It does not answer, for this reason. */
  readonly problem?: string
  /** How its command ends when it is killed; by SIGHUP unless told otherwise. */
  readonly status?: ExitStatus
}

/** The sessions there are, and what was done to them. */
export class SessionRegistryTestRef extends Context.Service<SessionRegistryTestRef, {
  readonly sessions: Map<SessionName, FakeSession>
  /** Names that only a dead socket is left of. */
  readonly dead: Set<SessionName>
  readonly killed: Array<{ readonly name: SessionName; readonly graceMs: number }>
  readonly detached: Array<{ readonly name: SessionName; readonly reason?: string }>
}>()("sesh/layers/testing/SessionRegistryTestRef") {}

/** A session's word for itself, for tests: `given` over plain values. */
export const fakeInfo = (name: string, given?: Partial<SessionInfo>): SessionInfo => ({
  name: name as SessionName,
  id: `id-of-${name}`,
  dir: "/home/user",
  pid: 4242,
  size: { cols: 80, rows: 24 },
  created: 0,
  active: 0,
  clients: [],
  ...given
})

const welcomeOf = (info: SessionInfo): Welcome => ({
  protocol: PROTOCOL,
  sesh: "0.0.0",
  info,
  output: 0,
  input: 0,
  window: 0,
  restore: false
})

/** The given sessions; killing one removes it, detaching lets its clients go. */
export const layer = (
  given: Iterable<FakeSession> = []
): Layer.Layer<SessionRegistry | SessionRegistryTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const sessions = new Map(Array.from(given, (session) => [session.info.name, session] as const))
    const dead = new Set<SessionName>()
    const ref = SessionRegistryTestRef.of({ sessions, dead, killed: [], detached: [] })

    const find = (name: SessionName) =>
      Effect.suspend((): Effect.Effect<FakeSession, NoSession | SessionUnresponsive> => {
        const session = sessions.get(name)
        if (session === undefined) return Effect.fail(new NoSession({ name, stale: dead.has(name) }))
        if (session.problem === undefined) return Effect.succeed(session)
        return Effect.fail(new SessionUnresponsive({ name, reason: session.problem }))
      })

    const registry = SessionRegistry.of({
      list: Effect.sync(() => {
        dead.clear()
        const listed = Array.from(sessions.values(), ({ info, problem }): ListedSession => ({
          name: info.name,
          info,
          ...(problem === undefined ? {} : { problem })
        }))
        return listed.toSorted(byName)
      }),
      names: Effect.sync(() => [...sessions.keys(), ...dead].toSorted()),
      get: (name) => Effect.map(find(name), ({ info }) => welcomeOf(info)),
      kill: (name, graceMs) =>
        Effect.map(find(name), ({ status }) => {
          ref.killed.push({ name, graceMs })
          sessions.delete(name)
          return status ?? { code: 0, signal: 1 }
        }),
      detach: (name, reason) =>
        Effect.map(find(name), (session) => {
          ref.detached.push({ name, ...(reason === undefined ? {} : { reason }) })
          sessions.set(name, { ...session, info: { ...session.info, clients: [] } })
          return session.info.clients.filter(({ role }) => role === "attach" || role === "watch").length
        })
    })
    return Context.make(SessionRegistry, registry).pipe(Context.add(SessionRegistryTestRef, ref))
  }))
