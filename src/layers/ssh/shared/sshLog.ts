/** Explains ssh's log. Its messages are English everywhere: ssh is not translated. */
import {
  AuthenticationFailed,
  type ConnectFailure,
  HostKeyChanged,
  HostKeyUnknown,
  HostUnreachable
} from "../../../services/SshTransport.ts"
import { lastLine, oneLine } from "./sanitize.ts"

/** Debug lines, and lines about what went well. */
const IGNORED = /^(debug\d|Warning: Permanently added|OpenSSH_|Authenticated to|Transferred:|Bytes per second:)/

/** What a user's LogVerbose puts before a message (sshlogv in OpenSSH's log.c). */
const TAG = /^[\w.-]+:\w+\(\):\d+ \([^)\n]*\): /gm

/** The lines of a log that are meant for users. */
const userLines = (log: string): string =>
  log.replace(TAG, "").split(/\r?\n/).filter((line) => !IGNORED.test(line)).join("\n")

const line = (log: string, pattern: RegExp): string =>
  oneLine(log.split(/\r?\n/).find((line) => pattern.test(line)) ?? "")

const CHANGED = /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* is revoked|REVOKED HOST KEY DETECTED/i
const UNREACHABLE: ReadonlyArray<readonly [RegExp, HostUnreachable["reason"]]> = [
  [/Could not resolve hostname|Name or service not known|hostname contains invalid characters/, "no such host"],
  [/Connection refused/, "refused"],
  [/timed out/, "timeout"],
  [/No route to host|Network is unreachable|Host is down|Network is down/, "no network"],
  // sshd with MaxStartups, a jump host that could not connect, or a server that is not sshd.
  [/(kex|ssh)_exchange_identification|Connection (closed|reset) by|Broken pipe/, "dropped"]
]

/** Where judgements of a host's key are looked for. */
export interface KeyLog {
  /** What the host had no part in, as far as that can be told (`beforeLogin`). */
  readonly log: string
  /** In lower case: no other name is named, as a host can have lines printed before its login, too. */
  readonly names: ReadonlySet<string>
}

/** The log of a connection without a jump host until its key was accepted: a host's banner comes after that. */
export const beforeLogin = (log: string): string =>
  log.replace(TAG, "").split(/^debug1: SSH2_MSG_SERVICE_ACCEPT received/m, 1)[0]!

const keyChanged = (host: string, log: string, names: ReadonlySet<string>): HostKeyChanged => {
  // "Offending ED25519 key in /home/me/.ssh/known_hosts:3", and a command with -R "[host]:port".
  const offending = /Offending .*key .*?in (.+):(\d+)\s*$/m.exec(log)
  const name = [...log.matchAll(/-R ["']([^"'\n]+)["']/g)].find(([, name]) => names.has(name!.toLowerCase()))?.[1]
  return new HostKeyChanged({
    host,
    ...(offending === null ? {} : { file: oneLine(offending[1]!), line: Number(offending[2]) }),
    name: oneLine(name ?? host)
  })
}

/**
 * Why there is no connection. Of several reasons, the most important one for safety. Without `keys` nothing is said of
 * the host's key.
 */
export const explainFailure = (host: string, log: string, keys?: KeyLog): ConnectFailure => {
  const plain = userLines(log)
  const judged = userLines(keys?.log ?? "")
  if (keys !== undefined && CHANGED.test(judged)) return keyChanged(host, judged, keys.names)
  if (/Host key verification failed|host key is known for|No matching host key fingerprint/.test(judged)) {
    return new HostKeyUnknown({ host, words: line(judged, /host key is known for/) })
  }
  const denied = line(plain, /Permission denied|Too many authentication failures|No more authentication methods/)
  if (denied !== "") return new AuthenticationFailed({ host, words: denied })
  const why = UNREACHABLE.find(([pattern]) => pattern.test(plain))
  return why === undefined
    ? new HostUnreachable({ host, reason: "other", words: lastLine(plain) })
    : new HostUnreachable({ host, reason: why[1], words: line(plain, why[0]) })
}

/** What comes first from a host. */
const ANSWERED = /^debug1: Remote protocol version /m

/** After the first of these lines of a login ssh may ask for a key, a passphrase or a password; the others end that. */
const STEP =
  /^(?:(debug1: (?:Server host key:|Server accepts key:|Next authentication method: (?:password|keyboard-inter)))|debug1: (?:SSH2_MSG_NEWKEYS received|Next authentication method: |Offering public key)|Authenticated to )/gm

/** How far a connection that is being made has come; needs ssh's first level of debugging. */
export const stageOf = (log: string): "connection" | "login" | "asking" => {
  const plain = log.replace(TAG, "")
  if (!ANSWERED.test(plain)) return "connection"
  return [...plain.matchAll(STEP)].at(-1)?.[1] === undefined ? "login" : "asking"
}

/**
 * The host answered, and then nothing came for as long as keepalives may stay unanswered: a login that takes its time.
 * Other failures to connect do not begin like that (sshpkt_vfatal in OpenSSH's packet.c).
 */
export const isSlowLogin = (log: string): boolean =>
  stageOf(log) !== "connection" && /^Connection to .* timed out$/m.test(userLines(log))

/** Why a connection was lost, where the master's log has the reason. */
export const explainLoss = (log: string): string =>
  line(
    userLines(log).split("\n").toReversed().join("\n"),
    /not responding|closed by|reset by|Broken pipe|disconnect|timed out/i
  )
    .replace(/^(Timeout|client_loop: send disconnect), ?:? ?/, "")

/** How a program's own ssh process ended, by its log. */
export interface SessionLog {
  /** The host was asked to run the program, and may have done so. */
  readonly opened: boolean
  /** The exit status arrived. */
  readonly exited: boolean
  /** The host opens no more sessions on this connection. */
  readonly refused: boolean
  /** Its last line. */
  readonly words: string
}

export const readSessionLog = (log: string): SessionLog => ({
  opened: /master session id:/.test(log),
  exited: /Received exit status from master/.test(log),
  refused: /session request failed|Session open refused/.test(log),
  words: lastLine(userLines(log))
})

/**
 * The host did not open the target of a forwarded socket. sshd does not say whether nothing listens there, or whether
 * it forwards no sockets at all (AllowStreamLocalForwarding): both are "connect failed".
 */
export const isForwardRefused = (log: string): boolean => /^channel \d+: open failed: /m.test(userLines(log))
