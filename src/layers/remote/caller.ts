/** The `Caller` on another host: in the home there, with this terminal. */
import { terminalVariables } from "../../schema/protocol/Serve.ts"
import type { Caller } from "../../services/Caller.ts"

/**
 * Makes a path relative to the host's home, for the host to resolve. Our home, which the shell has made of `~`, stands
 * for the host's home; so does a quoted `~`.
 */
export const resolveRemote = (home: string) => (path: string): string => {
  const within = (dir: string): string | undefined =>
    path === dir ? "" : path.startsWith(`${dir}/`) ? path.slice(dir.length).replace(/^\/+/, "") : undefined
  const local = home.startsWith("/") && home !== "/" ? within(home) : undefined
  return local ?? within("~") ?? path
}

/** `remoteHome` is empty until the host has answered. */
export const remoteCaller = (caller: Caller["Service"], remoteHome: () => string): Caller["Service"] => ({
  env: terminalVariables(caller.env),
  environment: () => terminalVariables(caller.env),
  signals: () => undefined,
  accountShell: () => undefined,
  cwd: "",
  get home() {
    return remoteHome()
  },
  version: caller.version,
  command: caller.command,
  isOnTerminal: () => undefined,
  resolve: resolveRemote(caller.home),
  agentSocket: () => undefined
})

/** The `Caller` for attaching: with our detach key, and the ssh-agent that is forwarded to the host. */
export const remoteAttacher = (
  caller: Caller["Service"],
  remote: Caller["Service"],
  remoteAgent: () => string | undefined
): Caller["Service"] => {
  const key = caller.env["SESH_DETACH_KEY"]
  return {
    ...remote,
    env: key === undefined ? remote.env : { ...remote.env, SESH_DETACH_KEY: key },
    agentSocket: remoteAgent
  }
}
