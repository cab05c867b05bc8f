import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import type * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import { type HostName, sshWords } from "../schema/HostName.ts"
import type { ExitStatus } from "../schema/Session.ts"
import { quoteIfNeeded } from "../schema/Shell.ts"
import type { ByteChannel } from "./ByteChannel.ts"

/** The text of ssh or a host that explains a failure: one line, bounded, no control characters. */
const Words = Schema.String

const because = (words: string): string => words === "" ? "" : `: ${words}`

/** What to run to see what ssh itself says. */
const sshTrue = (host: string): string => {
  const words = sshWords(host).filter((word) => word !== "--").map(quoteIfNeeded)
  return ["ssh", ...words, "true"].join(" ")
}

/** No connection could be made. `busy`: there is one, but the host opens no more sessions on it. */
export class HostUnreachable extends Schema.TaggedError<HostUnreachable>()("HostUnreachable", {
  host: Schema.String,
  reason: Schema.Literals(["refused", "timeout", "no such host", "no network", "dropped", "busy", "other"]),
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    const { host, reason, words } = this
    switch (reason) {
      case "refused":
        return `${host} refuses ssh connections; is sshd running there?`
      case "timeout":
        return `${host} does not answer`
      case "no such host":
        return `there is no host named ${host}; check the name, or your ssh configuration`
      case "no network":
        return `${host} cannot be reached from this network${because(words)}`
      case "dropped":
        return `${host} ended the connection before it was set up${because(words)}`
      case "busy":
        return `${host} opens no more sessions on a connection (MaxSessions in its sshd_config)${because(words)}`
      case "other":
        return `cannot connect to ${host}${because(words)}`
    }
  }
}

/** The host has another key than the one on record, or a revoked one: never overridden, never retried. */
export class HostKeyChanged extends Schema.TaggedError<HostKeyChanged>()("HostKeyChanged", {
  host: Schema.String,
  /** File of the key on record, and its line there, where they are known. */
  file: Schema.optionalKey(Schema.String),
  line: Schema.optionalKey(Schema.Int),
  /** Its name in that file, `[host]:port` for a port of its own; the host's where it is not known. */
  name: Schema.String
}) {
  override get message() {
    const { file, host, line, name } = this
    const place = file === undefined ? "your known_hosts" : line === undefined ? file : `${file}, line ${line}`
    return `the key of ${host} is not the one on record (${place}): somebody may be listening in, nothing was sent. ` +
      `If the host was set up anew, check the new key with its owner, then run: ssh-keygen -R ${quoteIfNeeded(name)}${
        file === undefined ? "" : ` -f ${quoteIfNeeded(file)}`
      }`
  }
}

/** The host's key is not on record, and the user's configuration or the missing terminal forbids trusting it. */
export class HostKeyUnknown extends Schema.TaggedError<HostKeyUnknown>()("HostKeyUnknown", {
  host: Schema.String,
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `the key of ${this.host} is not known; run: ${sshTrue(this.host)}${because(this.words)}`
  }
}

/** The host refuses the login. Never retried. */
export class AuthenticationFailed extends Schema.TaggedError<AuthenticationFailed>()("AuthenticationFailed", {
  host: Schema.String,
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `${this.host} does not let us in${because(this.words)}; try: ${sshTrue(this.host)}`
  }
}

/** The connection ended: what was on its way may have arrived or not. */
export class ConnectionLost extends Schema.TaggedError<ConnectionLost>()("ConnectionLost", {
  host: Schema.String,
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `the connection to ${this.host} is lost${because(this.words)}`
  }
}

/** The transport is missing or unusable: `advice` says what to do. */
export class SshMissing extends Schema.TaggedError<SshMissing>()("SshMissing", {
  problem: Schema.String,
  advice: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `${this.problem}; ${this.advice}`
  }
}

/** The host accepts the login and runs no program: an account without a shell, a forced command. */
export class NoShell extends Schema.TaggedError<NoShell>()("NoShell", {
  host: Schema.String,
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `${this.host} runs no programs for this user${because(this.words)}`
  }
}

/**
 * The host let us in, and its shell did not get to our program: login scripts that do not end, or a forced command or
 * another shell that does not run it.
 */
export class ShellStuck extends Schema.TaggedError<ShellStuck>()("ShellStuck", {
  host: Schema.String,
  /** How long it was waited for. */
  seconds: Schema.Finite
}) {
  override get message() {
    const { host, seconds } = this
    const what = `its login scripts did not end in ${seconds} s, or they run something else`
    return `${host}: ${what}; try: ${sshTrue(host)}`
  }
}

/** Nothing listens at that path on the host, or it must not be opened. */
export class SocketRefused extends Schema.TaggedError<SocketRefused>()("SocketRefused", {
  host: Schema.String,
  path: Schema.String,
  words: Words,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `nothing answers at ${this.path} on ${this.host}${because(this.words)}`
  }
}

/** A program wrote more than the caller's limit. */
export class OutputTooLarge extends Schema.TaggedError<OutputTooLarge>()("OutputTooLarge", {
  host: Schema.String,
  /** Bytes. */
  limit: Schema.Int
}) {
  override get message() {
    return `${this.host} answered with more than ${this.limit} bytes`
  }
}

/** A command line or protocol cannot carry this argument. */
export class BadArgument extends Schema.TaggedError<BadArgument>()("BadArgument", {
  argument: Schema.String,
  rule: Schema.String
}) {
  override get message() {
    return `${JSON.stringify(this.argument.slice(0, 80))} cannot be sent to a host: ${this.rule}`
  }
}

/** Why there is no connection. */
export type ConnectFailure =
  | HostUnreachable
  | HostKeyChanged
  | HostKeyUnknown
  | AuthenticationFailed
  | SshMissing

export type StartFailure = ConnectFailure | ConnectionLost | NoShell | ShellStuck | BadArgument

/** Why a channel ended, when not in order. A refusal may come late: opening does not wait for the host's answer. */
export type ChannelFailure = ConnectFailure | ConnectionLost | NoShell | ShellStuck | SocketRefused

/**
 * What a host is waited for. `config`: the commands of the user's configuration. `place`: a free session on the
 * connection. `shell`: its login scripts.
 */
export type Awaited = "config" | "connection" | "login" | "place" | "shell" | "answer" | "session"

export interface Wait {
  /** May be asked at any time. Undefined: the user may be asked something right now. */
  readonly awaited: () => Awaited | undefined
  /** Somebody else may write to the terminal meanwhile, and must find nothing to write over. */
  readonly isTerminalShared?: boolean
}

export interface ConnectOptions {
  /**
   * `interactive`: there is a terminal, and ssh may ask on it for passwords, passphrases and host keys.
   * `batch` (the default): ssh never asks; what needs an answer fails.
   */
  readonly prompts?: "interactive" | "batch"
  /**
   * How long a host may take to answer, in a search. Time that the user takes to answer does not count. Unless given,
   * the host was named: it has the user's ConnectTimeout, or half a minute.
   */
  readonly connectTimeout?: Duration.Input
  /**
   * One of many attempts to get a lost connection back: a short one, where the user has set no time. Not for those in
   * which somebody may be asked.
   */
  readonly isAgain?: boolean
  /** Called when a wait for the host begins; returns how to say that it is over. Neither may throw. */
  readonly onWait?: (wait: Wait) => () => void
}

/**
 * True: nobody is asked, whatever the options say. Of attempts that no user has begun, who may be asleep, or typing
 * something else.
 */
export const AsksNobody = Context.Reference<boolean>("sesh/services/SshTransport/AsksNobody", {
  defaultValue: () => false
})

/** The longest that a listing waits for a host, in milliseconds. */
export const CONNECT_TIMEOUT_MS = 5000

export interface StartOptions extends ConnectOptions {
  /** `none`: its standard input is empty, also for login scripts. No `end` is needed. */
  readonly input?: "none"
}

export interface ExecOptions extends ConnectOptions {
  /** The program's standard input; empty unless given. */
  readonly stdin?: Buffer
  /** Most bytes of each output: {@link OUTPUT_LIMIT} unless given. */
  readonly limit?: number
}

/** Bytes: a listing of thousands of sessions. */
export const OUTPUT_LIMIT_BYTES = 4 * 1024 * 1024

export interface ExecResult {
  /** A death by signal n may come as code 128 + n: compare by `exitCode`. */
  readonly status: ExitStatus
  readonly stdout: Buffer
  readonly stderr: Buffer
}

/** Callbacks instead of streams, because this is the byte path. They must not throw. */
export interface ProgramHandlers {
  /** Bytes of its standard output. The handler may keep them. */
  readonly onData: (bytes: Buffer) => void
  /** Bytes of its standard error, in no order with those of the standard output. */
  readonly onStderr: (bytes: Buffer) => void
  /** All that was written has been taken, after a `write` that returned false. */
  readonly onDrain: () => void
  /**
   * It has ended, and every byte it wrote was handed over; or the connection is lost, and its end is unknown. Once,
   * last.
   */
  readonly onExit: (end: ExitStatus | ConnectionLost) => void
}

/** A program that runs on a host. After the end of its scope no handler is called any more. */
export interface RemoteProgram {
  /** Starts the flow of bytes; nothing is called before it returns. Once. */
  readonly listen: (handlers: ProgramHandlers) => void
  /** Writes to its standard input. The buffer must not change afterwards. False: write no more until `onDrain`. */
  readonly write: (bytes: Buffer) => boolean
  /** Pauses both outputs: the program blocks once all buffers on the way are full. */
  readonly pause: () => void
  readonly resume: () => void
  /** Ends its standard input, once all that was written has arrived. */
  readonly end: () => void
  /** Closes its pipes on the host. Whether it ends then is up to the program. */
  readonly destroy: () => void
}

/** The host that a name stands for. */
export interface HostDescription {
  readonly hostname: string
  readonly port: number
  readonly user: string
  /**
   * The socket of the ssh-agent here that the configuration lets the host's programs use. Undefined: it lets them use
   * none, or nothing listens there.
   */
  readonly agent: string | undefined
}

/**
 * Connections to the hosts that a user's `ssh` can reach. One connection per host, made when needed and kept for the
 * next use.
 */
export class SshTransport extends Context.Service<SshTransport, {
  /**
   * Runs a program on the host with exactly these arguments, and collects its output, without what the host's login
   * scripts print on standard output. The program is looked up on the host's PATH.
   */
  readonly exec: (
    host: HostName,
    argv: ReadonlyArray<string>,
    options?: ExecOptions
  ) => Effect.Effect<ExecResult, StartFailure | OutputTooLarge>
  /** The same, for many bytes. The program has started when this returns. Closing the scope destroys it. */
  readonly start: (
    host: HostName,
    argv: ReadonlyArray<string>,
    options?: StartOptions
  ) => Effect.Effect<RemoteProgram, StartFailure, Scope.Scope>
  /**
   * Connects to a unix socket on the host, by its absolute path. Closing the scope destroys the channel.
   * `bridge`: a program on the host that copies its standard input and output to and from that socket. It is tried when
   * the socket is refused: sshd does not say whether the socket is missing or forwards no sockets. The bridge ends with
   * 0 when the socket ends: its end counts for both directions.
   */
  readonly connectSocket: (
    host: HostName,
    path: string,
    options?: ConnectOptions & { readonly bridge?: ReadonlyArray<string> }
  ) => Effect.Effect<ByteChannel<ChannelFailure>, StartFailure | SocketRefused, Scope.Scope>
  /** Resolves a name with the user's configuration. Uses no network. */
  readonly describe: (host: HostName) => Effect.Effect<HostDescription, HostUnreachable | SshMissing>
  /** Closes the connection that is kept, if there is one. Its users lose it. */
  readonly close: (host: HostName) => Effect.Effect<void>
}>()("sesh/services/SshTransport") {}
