/** The program that a session runs, and its environment. */
import * as Effect from "effect/Effect"
import type { SessionSpec } from "../../schema/Session.ts"
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

/** The session's command, or its shell: as in login(1), that of the account where `SHELL` is not set. */
export const ptySpecOf = ({ accountShell, agentPath, spec }: SessionProgram): Effect.Effect<PtySpec, SpecError> => {
  const env = environment(spec, agentPath)
  const [file, ...args] = spec.command ?? []
  const common = {
    env,
    cwd: spec.dir,
    size: spec.size,
    ...(spec.modes === undefined ? {} : { modes: Buffer.from(spec.modes, "hex") }),
    ...(spec.signals === undefined ? {} : { signals: spec.signals })
  }
  if (file !== undefined) return Effect.succeed({ file, args, ...common })
  const shell = env["SHELL"] || accountShell || COMMON_SHELL
  return shell.startsWith("/")
    ? Effect.succeed({
      file: shell,
      args: spec.login === true ? ["-l"] : [],
      ...common,
      env: { ...env, SHELL: shell }
    })
    : Effect.fail(
      new SpecError({
        problem: `SHELL is ${JSON.stringify(shell)}, not an absolute path`,
        advice: `set it to your shell's path, or name a command: sesh ${spec.name} -- /bin/sh`
      })
    )
}
