import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Struct from "effect/Struct"
import { type Ended, isFresh, type SessionInfo } from "../../schema/Session.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { SessionFiles } from "../../services/SessionFiles.ts"

/** What was written, for tests to look at. */
export class SessionFilesTestRef extends Context.Service<SessionFilesTestRef, {
  readonly agents: Map<string, string>
  /** Paths that lead to no socket of the user's. */
  readonly notOwned: Set<string>
  readonly infos: Map<string, SessionInfo>
  readonly ends: Map<string, Ended>
}>()("sesh/layers/testing/SessionFilesTestRef") {}

/** Keeps the files in memory, and how sessions ended with them. */
export const layer: Layer.Layer<SessionFiles | EndedSessions | SessionFilesTestRef> = Layer.effectContext(
  Effect.sync(() => {
    const agents = new Map<string, string>()
    const notOwned = new Set<string>()
    const infos = new Map<string, SessionInfo>()
    const ends = new Map<string, Ended>()
    const agentPath = (name: string) => `/memory/${name}.agent`
    return Context.make(SessionFilesTestRef, { agents, notOwned, infos, ends }).pipe(
      Context.add(SessionFiles, {
        agentPath,
        pointAgent: (name, socket) =>
          Effect.sync(() => {
            if (socket.startsWith("/") && socket !== agentPath(name)) agents.set(name, socket)
          }),
        ownsSocket: (path) => Effect.sync(() => path.startsWith("/") && !notOwned.has(path)),
        writeInfo: (info) => Effect.sync(() => void infos.set(info.name, info)),
        writeEnd: (ended) =>
          Effect.map(Clock.currentTimeMillis, (now) => {
            ends.set(ended.name, ended)
            for (const [name, other] of ends) if (!isFresh(other, now)) ends.delete(name)
          }),
        writeOutput: (name, id, output) =>
          Effect.sync(() => {
            const ended = ends.get(name)
            if (ended?.id === id) ends.set(name, { ...ended, output })
          }),
        forgetOutput: (name, id) =>
          Effect.sync(() => {
            const ended = ends.get(name)
            if (ended?.id === id) ends.set(name, Struct.omit(ended, ["output"]))
          }),
        forgetEnd: (name) => Effect.sync(() => void ends.delete(name))
      }),
      Context.add(EndedSessions, {
        get: (name) =>
          Effect.map(
            Clock.currentTimeMillis,
            (now) => Option.filter(Option.fromUndefinedOr(ends.get(name)), (ended) => isFresh(ended, now))
          )
      })
    )
  })
)
