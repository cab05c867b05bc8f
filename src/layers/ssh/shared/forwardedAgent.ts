/** The ssh-agents that a configuration names. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Net from "node:net"

/** Time for an agent here to take a connection. */
const CONNECT_MS = 1000

/** The configuration of a host, as far as it is about agents. */
export interface AgentConfig<E> {
  /** The first value of a keyword in lower case. */
  readonly get: (keyword: string) => string | undefined
  /** Expands the tokens and variables in a path. */
  readonly expand: (written: string) => Result.Result<string, E>
}

type Env = Readonly<Record<string, string | undefined>>

/** `$NAME` is a variable (ssh_config(5), IdentityAgent), and may be unset. */
const socketOf = <E>(config: AgentConfig<E>, env: Env, written: string): Result.Result<string | undefined, E> =>
  /^\$\w+$/.test(written) ? Result.succeed(env[written.slice(1)] || undefined) : config.expand(written)

/** The socket of the agent that has the user's keys. Undefined: there is none. */
export const agentOf = <E>(config: AgentConfig<E>, env: Env): Result.Result<string | undefined, E> => {
  const written = config.get("identityagent")
  if (written === undefined || written === "SSH_AUTH_SOCK") return Result.succeed(env["SSH_AUTH_SOCK"] || undefined)
  return written.toLowerCase() === "none" ? Result.succeed(undefined) : socketOf(config, env, written)
}

/** The socket of the agent that the host's programs may use. Undefined: the configuration lets them use none. */
export const forwardedAgentOf = <E>(config: AgentConfig<E>, env: Env): Result.Result<string | undefined, E> => {
  const written = config.get("forwardagent") ?? "no"
  switch (written.toLowerCase()) {
    case "no":
    case "false":
      return Result.succeed(undefined)
    case "yes":
    case "true":
      return agentOf(config, env)
    default:
      return socketOf(config, env, written)
  }
}

/** The socket, if an agent listens there. */
export const listening = (socket: string | undefined): Effect.Effect<string | undefined> =>
  socket === undefined ? Effect.succeed(undefined) : Effect.callback<string | undefined>((resume) => {
    const connection = Net.connect(socket)
    const tell = (found: string | undefined) => {
      connection.destroy()
      resume(Effect.succeed(found))
    }
    connection.setTimeout(CONNECT_MS, () => tell(undefined))
    connection.once("error", () => tell(undefined))
    connection.once("connect", () => tell(socket))
    return Effect.sync(() => connection.destroy())
  })
