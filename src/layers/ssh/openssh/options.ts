/** ssh's command lines: the user's configuration, and on top of it only what sesh depends on. */
import * as Duration from "effect/Duration"
import { type HostName, sshWords } from "../../../schema/HostName.ts"

/** A dead link is noticed after this many unanswered keepalives, a second apart. */
const ALIVE_INTERVAL_SECONDS = 1
const ALIVE_COUNT = 3

/** Milliseconds that a host may be silent, also during the login. */
export const ALIVE_MS = ALIVE_INTERVAL_SECONDS * ALIVE_COUNT * 1000

/**
 * Unanswered keepalives of a host whose login takes longer: ssh gives a host interval times count to answer during
 * the login too (ssh_packet_set_timeout in OpenSSH's packet.c). Somebody may have to confirm it on a phone, within a
 * minute.
 */
const PATIENT_ALIVE_COUNT = 60

/** Shared by both kinds of process. */
export interface SshProgram {
  /** `ssh`, looked up on PATH, unless it has a slash. */
  readonly file: string
  /** A configuration file instead of the user's. */
  readonly config: string | undefined
  /** How long an unused connection is kept. */
  readonly persist: Duration.Input
}

/** A time as an option of ssh. At least a second: 0 would mean for ever. */
const seconds = (time: Duration.Input): number => Math.max(1, Math.ceil(Duration.toSeconds(time)))

const o = (name: string, value: string | number): string => `-o${name}=${value}`

/** ssh expands a path: `%` begins a token. */
const control = (path: string): ReadonlyArray<string> => ["-S", path.replaceAll("%", "%%")]

const head = (ssh: SshProgram): ReadonlyArray<string> => ssh.config === undefined ? [] : ["-F", ssh.config]

/**
 * None of the user's own port forwards, local commands and terminals; the agent only where the configuration says so.
 */
const PLAIN = ["-x", "-T", o("ClearAllForwardings", "yes"), o("PermitLocalCommand", "no"), o("RemoteCommand", "none")]

/**
 * Prints the configuration of a host, without our options. `-N`, as for the connection: without a command, ssh refuses
 * a user's `ForkAfterAuthentication` even here.
 */
export const describeArgs = (ssh: SshProgram, destination: string): ReadonlyArray<string> => [
  ...head(ssh),
  "-G",
  "-N",
  ...sshWords(destination)
]

/** Connects, goes to the background after authentication, and waits there for other processes. */
export const masterArgs = (ssh: SshProgram, options: {
  readonly host: HostName
  readonly control: string
  readonly log: string
  readonly batch: boolean
  /** Trust an unknown key, and record it. */
  readonly acceptNew: boolean
  /** Undefined: what the user's configuration says. */
  readonly connectTimeout: Duration.Input | undefined
  /** The host's login takes longer than keepalives may stay unanswered. */
  readonly patient: boolean
  /** Keeps the output of a jump host in the log. */
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
  o("ServerAliveCountMax", options.patient ? PATIENT_ALIVE_COUNT : ALIVE_COUNT),
  ...options.connectTimeout === undefined ? [] : [o("ConnectTimeout", seconds(options.connectTimeout))],
  ...options.batch ? [o("BatchMode", "yes")] : [],
  ...options.acceptNew ? [o("StrictHostKeyChecking", "accept-new")] : [],
  // The first level of debugging says how far it has come (see stageOf).
  ...options.verbose ? ["-v"] : [o("LogLevel", "DEBUG1")],
  "-E",
  options.log,
  ...sshWords(options.host)
]

/** Runs a command through a master. Without a master it fails: it never connects by itself. */
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
  // Versions before 8.7 do not know the keywords that follow. Only the first IgnoreUnknown counts, which is this one,
  // and what the user's ignores must stay ignored: so all is. Mistakes were found when the connection was made.
  o("IgnoreUnknown", "*"),
  o("SessionType", "default"),
  o("StdinNull", "no"),
  o("ForkAfterAuthentication", "no"),
  // This level shows whether the exit status is the program's (see readSessionLog).
  o("LogLevel", "DEBUG2"),
  "-E",
  options.log,
  ...sshWords(options.host),
  options.command
]

/** For a process that must not ask: it also has no terminal. */
export const quietEnv = (env: Readonly<Record<string, string | undefined>>): NodeJS.ProcessEnv => {
  const { DISPLAY: _display, SSH_ASKPASS: _askpass, WAYLAND_DISPLAY: _wayland, ...rest } = env
  return { ...rest, SSH_ASKPASS_REQUIRE: "never" }
}
