/** Who calls, seen from another host: somebody in the home there, with the terminal from here. */
import { terminalVariables } from "../../schema/protocol/Serve.ts"
import type { Caller } from "../../services/Caller.ts"

/**
 * Leaves it to the host to resolve a path, from its home. What the shell here has made of `~` means the home there; so
 * does a `~` that was quoted to be kept from that shell.
 */
export const resolveRemote = (home: string) => (path: string): string => {
  const within = (dir: string): string | undefined =>
    path === dir ? "" : path.startsWith(`${dir}/`) ? path.slice(dir.length).replace(/^\/+/, "") : undefined
  const here = home.startsWith("/") && home !== "/" ? within(home) : undefined
  return here ?? within("~") ?? path
}

/** `homeThere` is empty until the host has said it. */
export const remoteCaller = (caller: Caller["Service"], homeThere: () => string): Caller["Service"] => ({
  env: terminalVariables(caller.env),
  cwd: "",
  get home() {
    return homeThere()
  },
  version: caller.version,
  resolve: resolveRemote(caller.home),
  agentSocket: () => undefined
})

/** For whoever attaches: with the key that detaches here, and the ssh-agent that was forwarded to the host. */
export const remoteAttacher = (
  caller: Caller["Service"],
  there: Caller["Service"],
  agentThere: () => string | undefined
): Caller["Service"] => {
  const key = caller.env["SESH_DETACH_KEY"]
  return {
    ...there,
    env: key === undefined ? there.env : { ...there.env, SESH_DETACH_KEY: key },
    agentSocket: agentThere
  }
}
