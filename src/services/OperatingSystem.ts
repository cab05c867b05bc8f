import * as Context from "effect/Context"

/**
 * The system that this process runs on, and its user there. Not among the services of another host: a host does not say
 * which system it runs.
 */
export class OperatingSystem extends Context.Service<OperatingSystem, {
  /** Node's name of it: `linux`, `darwin`. */
  readonly platform: string
  /** Id of the user who owns our files. */
  readonly uid: number
}>()("sesh/services/OperatingSystem") {}
