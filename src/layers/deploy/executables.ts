/** The executables that are copied: one per platform, opened once for all hosts that get it at the time. */
import * as Effect from "effect/Effect"
import * as RcMap from "effect/RcMap"
import type { DeployProgress } from "../../services/Deployer.ts"
import { ExecutableUnreadable, openExecutable } from "./executable.ts"
import { type Found, openOther, type Sources } from "./otherExecutable.ts"
import type { Own } from "./ownExecutable.ts"

/** `from` is undefined of our own. */
export type Opened = Pick<Found, "executable"> & { readonly from?: Found["from"] }

const openOwn = Effect.fnUntraced(function*({ path }: Own) {
  if (path === undefined) return yield* new ExecutableUnreadable({ during: "find" })
  const opened: Opened = { executable: yield* openExecutable(path) }
  return opened
})

/** `sources` is where those of other platforms are; it is asked only for one of them. */
export const makeExecutables = Effect.fnUntraced(function*(own: Effect.Effect<Own>, sources: Effect.Effect<Sources>) {
  /** Who wants to know how fetching goes, by platform. */
  const watching = new Map<string, Set<(progress: DeployProgress) => void>>()

  const open = Effect.fnUntraced(function*(platform: string) {
    const ours = yield* own
    if (ours.platform === platform) return yield* openOwn(ours)
    return yield* openOther(
      yield* sources,
      platform,
      (progress) => watching.get(platform)?.forEach((report) => report(progress))
    )
  })

  // Its memory must be freed afterwards: a session may run for days.
  const opened = yield* RcMap.make({
    lookup: (platform: string) =>
      Effect.tap(open(platform), ({ executable }) => Effect.addFinalizer(() => Effect.sync(executable.close)))
  })

  /** Stays open as long as a scope uses it. */
  return (platform: string, report: (progress: DeployProgress) => void) =>
    Effect.suspend(() => {
      const reports = watching.get(platform) ?? new Set()
      watching.set(platform, reports.add(report))
      return Effect.ensuring(
        RcMap.get(opened, platform),
        Effect.sync(() => reports.delete(report))
      )
    })
})
