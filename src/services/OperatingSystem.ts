import * as Context from "effect/Context"

/**
 * The system that this process runs on, and who it is there. Not among the services of another host: of what it runs, a
 * host says nothing.
 */
export class OperatingSystem extends Context.Service<OperatingSystem, {
  /** As Node calls it: `linux`, `darwin`. */
  readonly platform: string
  /** Number of the user whose files are ours. */
  readonly uid: number
}>()("sesh/services/OperatingSystem") {}
