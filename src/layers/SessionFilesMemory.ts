import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { SessionInfo } from "../schema/Session.ts"
import { SessionFiles } from "../services/SessionFiles.ts"

/** What was written, for tests to look at. */
export class WrittenFiles extends Context.Service<WrittenFiles, {
  readonly agents: Map<string, string>
  readonly infos: Map<string, SessionInfo>
}>()("sesh/layers/WrittenFiles") {}

/** Keeps the files in memory. */
export const layer: Layer.Layer<SessionFiles | WrittenFiles> = Layer.effectContext(
  Effect.sync(() => {
    const agents = new Map<string, string>()
    const infos = new Map<string, SessionInfo>()
    const agentPath = (name: string) => `/memory/${name}.agent`
    return Context.make(WrittenFiles, { agents, infos }).pipe(
      Context.add(SessionFiles, {
        agentPath,
        pointAgent: (name, socket) =>
          Effect.sync(() => {
            if (socket.startsWith("/") && socket !== agentPath(name)) agents.set(name, socket)
          }),
        writeInfo: (info) => Effect.sync(() => void infos.set(info.name, info))
      })
    )
  })
)
