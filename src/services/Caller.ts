import * as Context from "effect/Context"

/** Who runs sesh, from where, with which environment: what a process is given by its parent. */
export class Caller extends Context.Service<Caller, {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute working directory. */
  readonly cwd: string
  readonly home: string
  readonly uid: number
  readonly platform: string
  /** Makes a path absolute, seen from `cwd`. */
  readonly resolve: (path: string) => string
  /** Real path of the ssh-agent's socket, when there is one. */
  readonly agentSocket: () => string | undefined
  /** Version of this sesh. */
  readonly version: string
}>()("sesh/services/Caller") {}
