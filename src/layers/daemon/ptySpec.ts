/** The program that a session runs, and its environment. */
import * as Effect from "effect/Effect"
import type { SessionSpec } from "../../schema/Session.ts"
import type { PtySpec } from "../../services/Pty.ts"
import { SpecError } from "../../services/SessionDaemon.ts"

/** Variables about the creator's terminal or multiplexer, which the session will outlive. */
const FOREIGN = ["TMUX", "TMUX_PANE", "STY", "WINDOW", "WINDOWID", "TERMCAP", "COLUMNS", "LINES"]

/** The creator's environment, with the session's name and a stable path to the ssh-agent. */
const environment = (spec: SessionSpec, agentPath: string): Record<string, string> => {
  const env: Record<string, string> = { ...spec.env }
  for (const name of FOREIGN) delete env[name]
  return {
    ...env,
    PWD: spec.dir,
    SESH_SESSION: spec.name,
    SSH_AUTH_SOCK: agentPath,
    TERM: env["TERM"] || "xterm-256color"
  }
}

/** The session's command, or its shell. Fails when there is no shell to run. */
export const ptySpecOf = (spec: SessionSpec, agentPath: string): Effect.Effect<PtySpec, SpecError> => {
  const env = environment(spec, agentPath)
  const [file, ...args] = spec.command ?? []
  const common = { env, cwd: spec.dir, size: spec.size }
  if (file !== undefined) return Effect.succeed({ file, args, ...common })
  const shell = env["SHELL"]
  return shell !== undefined && shell.startsWith("/")
    ? Effect.succeed({ file: shell, args: spec.login === true ? ["-l"] : [], ...common })
    : Effect.fail(
      new SpecError({
        problem: shell ? `SHELL is ${JSON.stringify(shell)}, not an absolute path` : "SHELL is not set",
        advice: `set it to your shell's path, or name a command: sesh ${spec.name} -- /bin/sh`
      })
    )
}
