/** The program that a session runs, and its environment. */
import * as Effect from "effect/Effect"
import type { SessionSpec, SignalSets } from "../../schema/Session.ts"
import type { PtySpec } from "../../services/Pty.ts"
import { SpecError } from "../../services/SessionDaemon.ts"
import { withoutForeign } from "./foreignVariables.ts"

/**
 * The creator's environment, with the session's name and, where the creator has an ssh-agent, a stable path to it.
 * Without one the variable stays unset: scripts of users start an agent then.
 */
const environment = (spec: SessionSpec, agentPath: string): Record<string, string> => {
  const { SSH_AUTH_SOCK: agent, ...env } = withoutForeign(spec.env)
  return {
    ...env,
    PWD: spec.dir,
    SESH_SESSION: spec.name,
    ...(agent ? { SSH_AUTH_SOCK: agentPath } : {}),
    TERM: env["TERM"] || "xterm-256color"
  }
}

/** What a session runs, and its terminal. */
export interface SessionProgram {
  readonly spec: SessionSpec
  /** Where the link to the ssh-agent is. */
  readonly agentPath: string
  /** The shell of the user's account, if it says one. */
  readonly accountShell: string | undefined
}

/** The shell that everybody has (POSIX). */
const COMMON_SHELL = "/bin/sh"

/** SIGINT (2) and SIGQUIT (3), which keys of a terminal send. */
const KEY_SIGNALS = 0b110n

/**
 * For an interactive shell. A script's shell has these signals ignored for what it starts in the background, since the
 * keys of its terminal are not for that (POSIX, 2.11). The shell would pass it on: in `sesh dev -d &` Ctrl-C would do
 * nothing for ever. What is asked for with `--` has exactly the signals of its creator.
 */
const withKeys = ({ blocked, ignored }: SignalSets): SignalSets => ({
  blocked,
  ignored: (BigInt(`0x${ignored}`) & ~KEY_SIGNALS).toString(16)
})

/** The session's command, or its shell: as in login(1), that of the account where `SHELL` is not set. */
export const ptySpecOf = ({ accountShell, agentPath, spec }: SessionProgram): Effect.Effect<PtySpec, SpecError> => {
  const env = environment(spec, agentPath)
  const [file, ...args] = spec.command ?? []
  const common = {
    env,
    cwd: spec.dir,
    size: spec.size,
    ...(spec.modes === undefined ? {} : { modes: Buffer.from(spec.modes, "hex") })
  }
  const { signals } = spec
  if (file !== undefined) {
    return Effect.succeed({ file, args, ...common, ...(signals === undefined ? {} : { signals }) })
  }
  const shell = env["SHELL"] || accountShell || COMMON_SHELL
  return shell.startsWith("/")
    ? Effect.succeed({
      file: shell,
      args: spec.login === true ? ["-l"] : [],
      ...common,
      env: { ...env, SHELL: shell },
      ...(signals === undefined ? {} : { signals: withKeys(signals) })
    })
    : Effect.fail(
      new SpecError({
        problem: `SHELL is ${JSON.stringify(shell)}, not an absolute path`,
        advice: `set it to your shell's path, or name a command: sesh ${spec.name} -- /bin/sh`
      })
    )
}
