/** The files and sockets that a configuration names, expanded before connecting: a mistake in one is then a failure. */
import * as Result from "effect/Result"
import { agentOf, forwardedAgentOf } from "../shared/forwardedAgent.ts"
import type { HostConfig } from "./config/config.ts"
import type { BadConfig } from "./config/read.ts"

type Env = Readonly<Record<string, string | undefined>>

/** Expanded paths, without `none`. */
export interface ConfigPaths {
  readonly userKnownHosts: ReadonlyArray<string>
  readonly globalKnownHosts: ReadonlyArray<string>
  /** None where `PubkeyAuthentication` is off. */
  readonly identityFiles: ReadonlyArray<string>
  /** The agent's socket. Undefined: there is no agent. */
  readonly agent: string | undefined
  /** The socket of the agent that the host's programs may use: only where the configuration says so. */
  readonly forwardedAgent: string | undefined
}

/** Expands all paths of a host's configuration. Fails for a token or a variable that is unknown. */
export const pathsOf = (config: HostConfig, env: Env): Result.Result<ConfigPaths, BadConfig> => {
  const expanded = (written: ReadonlyArray<string>) =>
    Result.all(written.filter((path) => path.toLowerCase() !== "none").map(config.expand))
  const usesKeys = config.get("pubkeyauthentication")?.toLowerCase() !== "no"
  return Result.all({
    userKnownHosts: expanded(config.userKnownHosts),
    globalKnownHosts: expanded(config.globalKnownHosts),
    identityFiles: usesKeys ? expanded(config.identityFiles) : Result.succeed([]),
    agent: agentOf(config, env),
    forwardedAgent: forwardedAgentOf(config, env)
  })
}
