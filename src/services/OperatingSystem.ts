import * as Context from "effect/Context"
import type { Machine } from "../schema/Machine.ts"

/**
 * The system that this process runs on, and its user there. Not among the services of another host: a host does not say
 * which system it runs.
 */
export class OperatingSystem extends Context.Service<OperatingSystem, {
  /** Node's name of it: `linux`, `darwin`. */
  readonly platform: string
  /** Id of the user who owns our files. */
  readonly uid: number
  /** The machine, and its boot. Looked up at its first use. */
  readonly machine: () => Machine
}>()("sesh/services/OperatingSystem") {}
