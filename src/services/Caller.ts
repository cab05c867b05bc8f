import * as Context from "effect/Context"

/**
 * The user who runs sesh, the working directory and the environment: what a process gets from its parent. On another
 * host: as after a login there, with this terminal.
 */
export class Caller extends Context.Service<Caller, {
  readonly env: Readonly<Record<string, string | undefined>>
  /** Absolute working directory; on another host empty, which means the home there. */
  readonly cwd: string
  /** Empty on another host until it has answered for the first time. */
  readonly home: string
  /** Makes a path absolute, relative to `cwd`. On another host, makes it relative to the home there. */
  readonly resolve: (path: string) => string
  /** Real path of the ssh-agent's socket, if there is one. */
  readonly agentSocket: () => string | undefined
  /** Version of this sesh. */
  readonly version: string
  /** The name by which the user called it: `sesh`, unless it was installed under another one. */
  readonly command: string
}>()("sesh/services/Caller") {}
