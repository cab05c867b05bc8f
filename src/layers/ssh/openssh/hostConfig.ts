/** What the user's configuration says of a host now, by `ssh -G`. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type { HostName } from "../../../schema/HostName.ts"
import { type ConnectOptions, HostUnreachable, type SshMissing } from "../../../services/SshTransport.ts"
import { versionOf } from "../../system/files.ts"
import { keyOf } from "../../system/fnv.ts"
import { waiting } from "../shared/waiting.ts"
import * as Child from "./child.ts"
import { describeArgs, type SshProgram } from "./options.ts"

/** Milliseconds for `ssh -G`, which runs the commands of `Match exec`: a healthy one looks at a file or an address. */
const CONFIG_MS = 10_000

/** Jump hosts on the way to a host: a longer way is a circle. */
const MAX_JUMPS = 8

/** The configuration of a host, as it is now. */
export interface HostConfig {
  /** The first value of a keyword in lower case. */
  readonly get: (keyword: string) => string | undefined
  /** The jump host or proxy of the connection, if there is one. */
  readonly via: string | undefined
  /** The names, in lower case, under which known_hosts may have the keys of the host and its jump hosts. */
  readonly names: ReadonlySet<string>
  /** All that decides where a connection leads, as whom, and with which agent. */
  readonly key: string
}

export interface HostConfigsOptions {
  readonly ssh: SshProgram
  readonly env: Readonly<Record<string, string | undefined>>
  /** The user's configuration file. */
  readonly configFile: string
}

/** The output of `ssh -G`: the first value of each keyword. */
export const readDescription = (printed: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of printed.split("\n")) {
    const space = line.indexOf(" ")
    if (space > 0 && !found.has(line.slice(0, space))) found.set(line.slice(0, space), line.slice(space + 1).trim())
  }
  return found
}

const unlessNone = (value: string | undefined): string | undefined => value === "none" ? undefined : value

/** The names of a host's key: put_host_port in OpenSSH's misc.c adds a port of its own. */
const keyNamesOf = (config: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  ["hostname", "hostkeyalias"].flatMap((keyword) => {
    const name = config.get(keyword)?.toLowerCase()
    return name === undefined ? [] : [name, `[${name}]:${config.get("port")}`]
  })

/** The jump hosts of a description, the one that is connected to first before the others. */
const jumpsOf = (config: ReadonlyMap<string, string>): ReadonlyArray<string> =>
  unlessNone(config.get("proxyjump"))?.split(",") ?? []

/** `ssh -G` prints variables as they are written. These two are for commands that sesh lets nobody run. */
const variablesOf = (printed: string): ReadonlyArray<string> => {
  const used = printed.replaceAll(/^(?:localcommand|remotecommand) .*$/gm, "")
  return [...new Set([...used.matchAll(/\$\{?(\w+)/g)].map(([, name]) => name!))]
}

/** The variable that names the forwarded agent's socket: ForwardAgent and IdentityAgent may name another, or a path. */
const agentVariable = (config: ReadonlyMap<string, string>): ReadonlyArray<string> => {
  const identityAgent = config.get("identityagent") ?? "SSH_AUTH_SOCK"
  return config.get("forwardagent") === "yes" && identityAgent === "SSH_AUTH_SOCK" ? ["SSH_AUTH_SOCK"] : []
}

/** Asks ssh what the user's configuration says, for each use of a host: 10 ms, and as many for each jump host. */
export const makeHostConfigs = ({ configFile, env, ssh }: HostConfigsOptions) => {
  const print = (host: HostName, destination: string) =>
    Effect.map(
      Child.print(host, ssh.file, describeArgs(ssh, destination), env as NodeJS.ProcessEnv),
      ({ stdout }) => stdout
    )

  /** What is printed of the jump hosts, whose configuration says where a host's address leads. */
  const printJumps = Effect.fnUntraced(function*(host: HostName, config: ReadonlyMap<string, string>) {
    const printed: Array<string> = []
    let jumps = jumpsOf(config)
    while (jumps.length > 0 && printed.length < MAX_JUMPS) {
      const found = yield* Effect.forEach(
        jumps,
        (jump) => print(host, jump),
        { concurrency: MAX_JUMPS }
      )
      printed.push(...found)
      // Behind the first one, they are connected to through each other, whatever their own configuration says.
      jumps = jumpsOf(readDescription(found[0]!))
    }
    return printed
  })

  const read = Effect.fnUntraced(function*(host: HostName): Effect.fn.Return<HostConfig, HostUnreachable | SshMissing> {
    const own = yield* print(host, host)
    const config = readDescription(own)
    const all = [own, ...yield* printJumps(host, config)]
    const printed = all.join("\n")
    const names = [...variablesOf(printed), ...agentVariable(config)]
    const proxy = unlessNone(config.get("proxycommand"))
    return {
      get: (keyword) => config.get(keyword),
      via: unlessNone(config.get("proxyjump")) ?? proxy,
      names: new Set(all.flatMap((one) => keyNamesOf(readDescription(one)))),
      key: keyOf(
        printed,
        ...names.map((name) => `${name}=${env[name] ?? ""}`),
        // A proxy may well be another ssh, with the same configuration.
        ...proxy === undefined ? [] : [versionOf(configFile)]
      )
    }
  })

  return (
    host: HostName,
    options: ConnectOptions | undefined
  ): Effect.Effect<HostConfig, HostUnreachable | SshMissing> =>
    Effect.timeoutOrElse(read(host), {
      duration: Math.min(CONFIG_MS, Duration.toMillis(options?.connectTimeout ?? CONFIG_MS)),
      orElse: () =>
        Effect.fail(
          new HostUnreachable({
            host,
            reason: "other",
            words: "your ssh configuration runs a command that does not end"
          })
        )
    }).pipe(waiting(options, { awaited: () => "config", isTerminalShared: options?.prompts === "interactive" }))
}
