import * as Context from "effect/Context"
import * as Duration from "effect/Duration"
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
  /** What it answers cannot be used, for this reason. */
  readonly problem?: string
  /** It does not answer. */
  readonly mute?: boolean
  /** When it is killed it is there until the grace is over. */
  readonly deaf?: boolean
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

/** Seconds, as the contract has them. */
const PATIENCE = 5
const LIST_PATIENCE = 1

const silent = (seconds: number): string => `no answer in ${seconds} s`

/** The given sessions; killing one removes it, detaching lets its clients go. */
export const layer = (
  given: Iterable<FakeSession> = []
): Layer.Layer<SessionRegistry | SessionRegistryTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const sessions = new Map(Array.from(given, (session) => [session.info.name, session] as const))
    const dead = new Set<SessionName>()
    const ref = SessionRegistryTestRef.of({ sessions, dead, killed: [], detached: [] })

    const find = Effect.fnUntraced(function*(name: SessionName) {
      const session = sessions.get(name)
      if (session === undefined) return yield* new NoSession({ name, stale: dead.has(name) })
      if (session.mute === true) {
        yield* Effect.sleep(Duration.seconds(PATIENCE))
        return yield* new SessionUnresponsive({ name, reason: silent(PATIENCE) })
      }
      if (session.problem !== undefined) return yield* new SessionUnresponsive({ name, reason: session.problem })
      return session
    })

    const listed = ({ info, mute, problem }: FakeSession): ListedSession => {
      const why = mute === true ? silent(LIST_PATIENCE) : problem
      return { name: info.name, info, ...(why === undefined ? {} : { problem: why }) }
    }

    const registry = SessionRegistry.of({
      list: Effect.gen(function*() {
        dead.clear()
        const all = [...sessions.values()]
        if (all.some(({ mute }) => mute === true)) yield* Effect.sleep(Duration.seconds(LIST_PATIENCE))
        return all.map(listed).toSorted(byName)
      }),
      names: Effect.sync(() => [...sessions.keys(), ...dead].toSorted()),
      get: (name) => Effect.map(find(name), ({ info }) => welcomeOf(info)),
      kill: (name, graceMs) =>
        Effect.gen(function*() {
          const { deaf = false, status = { code: 0, signal: deaf ? 9 : 1 } } = yield* find(name)
          ref.killed.push({ name, graceMs })
          if (deaf) yield* Effect.sleep(graceMs)
          sessions.delete(name)
          return status
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
