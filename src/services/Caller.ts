import * as Context from "effect/Context"

/**
 * Who runs sesh, from where, with which environment: what a process is given by its parent. On another host: somebody
 * who has logged in there, with the terminal from here.
 */
export class Caller extends Context.Service<Caller, {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute working directory; empty on another host: the home there. */
  readonly cwd: string
  /** Empty on another host that has not been asked yet, and never was. */
  readonly home: string
  /** Makes a path absolute, seen from `cwd`; on another host one that is seen from the home there. */
  readonly resolve: (path: string) => string
  /** Real path of the ssh-agent's socket, when there is one. */
  readonly agentSocket: () => string | undefined
  /** Version of this sesh. */
  readonly version: string
}>()("sesh/services/Caller") {}
