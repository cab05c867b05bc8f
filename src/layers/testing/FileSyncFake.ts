import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import { FileSync, type SyncOutcome } from "../../services/FileSync.ts"

/** The hosts that were pushed to, in order, and how it goes. */
export class FileSyncTestRef extends Context.Service<FileSyncTestRef, {
  readonly made: Array<HostName>
  /** How the next push goes; runs when it is asked for. */
  next: Effect.Effect<SyncOutcome>
}>()("sesh/layers/testing/FileSyncTestRef") {}

/** Pushes nothing, and says that there was nothing to do. Several who want it at once wait for one push. */
export const layer: Layer.Layer<FileSync | FileSyncTestRef> = Layer.effectContext(Effect.sync(() => {
  const syncs: FileSyncTestRef["Service"] = { made: [], next: Effect.succeed({ _tag: "Unchanged" }) }
  const underWay = new Map<HostName, Deferred.Deferred<SyncOutcome>>()
  const push = (host: HostName) =>
    Effect.suspend(() => {
      const running = underWay.get(host)
      if (running !== undefined) return Deferred.await(running)
      syncs.made.push(host)
      const outcome = Deferred.makeUnsafe<SyncOutcome>()
      underWay.set(host, outcome)
      return syncs.next.pipe(
        Effect.onExit((exit) =>
          Effect.sync(() => {
            underWay.delete(host)
            Deferred.doneUnsafe(outcome, exit)
          })
        )
      )
    })
  return Context.make(FileSyncTestRef, syncs).pipe(Context.add(FileSync, { push }))
}))
