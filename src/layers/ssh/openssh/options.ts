/** Command lines of ssh: what the user's configuration says, and on top of it only what sesh depends on. */
import * as Duration from "effect/Duration"
import type { HostName } from "../../../schema/HostName.ts"

/** A link that is dead is noticed when so many questions, a second apart, had no answer. */
const ALIVE_INTERVAL_SECONDS = 1
const ALIVE_COUNT = 3

/** What both kinds of process share. */
export interface SshProgram {
  /** `ssh`, looked up on PATH, unless it has a slash. */
  readonly file: string
  /** Another configuration file than the user's. */
  readonly config: string | undefined
  /** An unused connection is kept for so long. */
  readonly persist: Duration.Input
}

/** As ssh takes times. None is shorter than a second: 0 means for ever to it. */
const seconds = (time: Duration.Input): number => Math.max(1, Math.ceil(Duration.toSeconds(time)))

const o = (name: string, value: string | number): string => `-o${name}=${value}`

/** A path is expanded by ssh: `%` begins a token. */
const control = (path: string): ReadonlyArray<string> => ["-S", path.replaceAll("%", "%%")]

const head = (ssh: SshProgram): ReadonlyArray<string> => ssh.config === undefined ? [] : ["-F", ssh.config]

/** Nothing of the user's own port forwards, local commands and terminals; his agent only where he says so. */
const PLAIN = ["-x", "-T", o("ClearAllForwardings", "yes"), o("PermitLocalCommand", "no"), o("RemoteCommand", "none")]

/** Prints what the configuration makes of a host. */
export const describeArgs = (ssh: SshProgram, host: HostName): ReadonlyArray<string> => [...head(ssh), "-G", "--", host]

/** Connects, goes to the background once it is through authentication, and waits there for others. */
export const masterArgs = (ssh: SshProgram, options: {
  readonly host: HostName
  readonly control: string
  readonly log: string
  readonly batch: boolean
  /** Take a key that is not known on trust, and record it. */
  readonly acceptNew: boolean
  readonly connectTimeout: Duration.Input
  /** Keeps what a jump host says in the log. */
  readonly verbose: boolean
}): ReadonlyArray<string> => [
  ...head(ssh),
  ...control(options.control),
  o("ControlMaster", "yes"),
  o("ControlPersist", seconds(ssh.persist)),
  "-N",
  ...PLAIN,
  o("StreamLocalBindMask", "0177"),
  o("ServerAliveInterval", ALIVE_INTERVAL_SECONDS),
  o("ServerAliveCountMax", ALIVE_COUNT),
  o("ConnectTimeout", seconds(options.connectTimeout)),
  ...options.batch ? [o("BatchMode", "yes")] : [],
  ...options.acceptNew ? [o("StrictHostKeyChecking", "accept-new")] : [],
  ...options.verbose ? ["-v"] : [o("LogLevel", "INFO")],
  "-E",
  options.log,
  "--",
  options.host
]

/** Runs a command through a master. Without one it fails, rather than connect by itself. */
export const sessionArgs = (ssh: SshProgram, options: {
  readonly host: HostName
  readonly control: string
  readonly log: string
  readonly command: string
}): ReadonlyArray<string> => [
  ...head(ssh),
  ...control(options.control),
  o("ControlMaster", "no"),
  o("ProxyCommand", "false"),
  o("BatchMode", "yes"),
  ...PLAIN,
  // Before version 8.7 there are no such words.
  o("IgnoreUnknown", "SessionType,StdinNull,ForkAfterAuthentication"),
  o("SessionType", "default"),
  o("StdinNull", "no"),
  o("ForkAfterAuthentication", "no"),
  // Says whether the exit status is the program's (see readSessionLog).
  o("LogLevel", "DEBUG2"),
  "-E",
  options.log,
  "--",
  options.host,
  options.command
]

/** For a process that must not ask: no terminal of its own is the other half of it. */
export const quietEnv = (env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv => {
  const { DISPLAY: _display, SSH_ASKPASS: _askpass, WAYLAND_DISPLAY: _wayland, ...rest } = env
  return { ...rest, SSH_ASKPASS_REQUIRE: "never" }
}

/** What `ssh -G` prints: the first value of each word. */
export const readDescription = (printed: string): ReadonlyMap<string, string> => {
  const found = new Map<string, string>()
  for (const line of printed.split("\n")) {
    const space = line.indexOf(" ")
    if (space > 0 && !found.has(line.slice(0, space))) found.set(line.slice(0, space), line.slice(space + 1).trim())
  }
  return found
}
