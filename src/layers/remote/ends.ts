/** Sessions that were seen to end: a host that cannot be asked later is not taken to have them still. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import type { HostMemory } from "../../services/HostMemory.ts"
import type { HostServices } from "../../services/Remotes.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"

/**
 * A host's services, which forget a session there when it is ended, or ends while somebody is attached. Not when it was
 * waited for: one that is kept goes on after its command (`SessionSpec.keep`).
 */
export const forgettingEnds = (
  services: Context.Context<HostServices>,
  host: HostName,
  memory: HostMemory["Service"]
): Context.Context<HostServices> => {
  const forget = (name: SessionName) =>
    Effect.flatMap(
      memory.get(host),
      Option.match({
        onNone: () => Effect.void,
        onSome: (known) =>
          memory.remember({ ...known, sessions: known.sessions.filter((session) => session.name !== name) })
      })
    )
  const { attach } = Context.get(services, AttachClient)
  const registry = Context.get(services, SessionRegistry)
  return services.pipe(
    Context.add(AttachClient, {
      attach: (options) =>
        Effect.tap(attach(options), ({ _tag }) => _tag === "Exited" ? forget(options.name) : Effect.void)
    }),
    Context.add(SessionRegistry, {
      ...registry,
      kill: (name, graceMs) => Effect.tap(registry.kill(name, graceMs), () => forget(name))
    })
  )
}
