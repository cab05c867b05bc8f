import * as Context from "effect/Context"
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

/** Pushes nothing, and says that there was nothing to do. */
export const layer: Layer.Layer<FileSync | FileSyncTestRef> = Layer.effectContext(Effect.sync(() => {
  const syncs: FileSyncTestRef["Service"] = { made: [], next: Effect.succeed({ _tag: "Unchanged" }) }
  return Context.make(FileSyncTestRef, syncs).pipe(
    Context.add(FileSync, {
      push: (host) =>
        Effect.suspend(() => {
          syncs.made.push(host)
          return syncs.next
        })
    })
  )
}))
