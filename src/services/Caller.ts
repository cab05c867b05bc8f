import * as Context from "effect/Context"
import type { SignalSets } from "../schema/Session.ts"

/**
 * The user who runs sesh, the working directory and the environment: what a process gets from its parent. On another
 * host: as after a login there, with this terminal.
 */
export class Caller extends Context.Service<Caller, {
  readonly env: Readonly<Record<string, string | undefined>>
  /** The environment for a program: all of it, and values that stand for bytes (ByteString). */
  readonly environment: () => Record<string, string>
  /** The signals that were blocked and ignored when this sesh was started; undefined where that is not known. */
  readonly signals: () => SignalSets | undefined
  /** Absolute working directory; on another host empty, which means the home there. */
  readonly cwd: string
  /** Empty on another host until it has answered for the first time. */
  readonly home: string
  /** The shell of the user's account; undefined where there is no account for the user, or it has none. */
  readonly accountShell: () => string | undefined
  /** Makes a path absolute, relative to `cwd`. On another host, makes it relative to the home there. */
  readonly resolve: (path: string) => string
  /** Path of the ssh-agent's socket, if there is one. The user's own link stays a link, to be followed at use. */
  readonly agentSocket: () => string | undefined
  /**
   * Whether we are on the terminal of this path: standard input or output is; or standard error, or else the
   * controlling terminal, where those are none. Undefined: there is no terminal at all.
   */
  readonly isOnTerminal: (path: string) => boolean | undefined
  /** Version of this sesh. */
  readonly version: string
  /** The name by which the user called it: `sesh`, unless it was installed under another one. */
  readonly command: string
}>()("sesh/services/Caller") {}

/**
 * Whether we run in the session that `SESH_SESSION` names, which has said the path of its terminal. The variable alone
 * does not tell: what a session has started inherits it, such as an editor's terminal or a multiplexer, and so does
 * what those start on terminals of their own. An older session does not say its terminal, and a process may have none:
 * then the variable is all there is.
 */
export const runsIn = ({ isOnTerminal }: Caller["Service"], tty: string | undefined): boolean =>
  tty === undefined || isOnTerminal(tty) !== false
