/** What ssh's log means. Its messages are English everywhere: it is not translated. */
import {
  AuthenticationFailed,
  type ConnectFailure,
  HostKeyChanged,
  HostKeyUnknown,
  HostUnreachable
} from "../../../services/SshTransport.ts"
import { lastLine, oneLine } from "./sanitize.ts"

/** Lines for people who look for a fault in ssh, and about what went well. */
const NOISE = /^(debug\d|Warning: Permanently added|OpenSSH_|Authenticated to|Transferred:|Bytes per second:)/

/** What is left of a log for people. */
const said = (log: string): string => log.split(/\r?\n/).filter((line) => !NOISE.test(line)).join("\n")

const line = (log: string, pattern: RegExp): string =>
  oneLine(log.split(/\r?\n/).find((line) => pattern.test(line)) ?? "")

const CHANGED = /REMOTE HOST IDENTIFICATION HAS CHANGED|host key .* is revoked|REVOKED HOST KEY DETECTED/i
const UNREACHABLE: ReadonlyArray<readonly [RegExp, HostUnreachable["reason"]]> = [
  [/Could not resolve hostname|Name or service not known|hostname contains invalid characters/, "no such host"],
  [/Connection refused/, "refused"],
  [/timed out/, "timeout"],
  [/No route to host|Network is unreachable|Host is down|Network is down/, "no network"],
  // sshd with MaxStartups, a jump host that could not go on, or something that is no sshd.
  [/(kex|ssh)_exchange_identification|Connection (closed|reset) by|Broken pipe/, "dropped"]
]

const keyChanged = (host: string, log: string): HostKeyChanged => {
  // "Offending ED25519 key in /home/me/.ssh/known_hosts:3", and a command with -R "[host]:port".
  const offending = /Offending .*key .*?in (.+):(\d+)\s*$/m.exec(log)
  const name = /-R ["']([^"'\n]+)["']/.exec(log)?.[1]
  return new HostKeyChanged({
    host,
    ...(offending === null ? {} : { file: oneLine(offending[1]!), line: Number(offending[2]) }),
    ...(name === undefined ? {} : { name: oneLine(name) })
  })
}

/** Why there is no connection. Of several reasons the one that matters most for safety. */
export const explainFailure = (host: string, log: string): ConnectFailure => {
  const plain = said(log)
  if (CHANGED.test(plain)) return keyChanged(host, plain)
  if (/Host key verification failed|host key is known for|No matching host key fingerprint/.test(plain)) {
    return new HostKeyUnknown({ host, words: line(plain, /host key is known for/) })
  }
  const denied = line(plain, /Permission denied|Too many authentication failures|No more authentication methods/)
  if (denied !== "") return new AuthenticationFailed({ host, words: denied })
  const why = UNREACHABLE.find(([pattern]) => pattern.test(plain))
  return why === undefined
    ? new HostUnreachable({ host, reason: "other", words: lastLine(plain) })
    : new HostUnreachable({ host, reason: why[1], words: line(plain, why[0]) })
}

/** Why a connection that was there is gone, where the master's log says it. */
export const explainLoss = (log: string): string =>
  line(
    said(log).split("\n").toReversed().join("\n"),
    /not responding|closed by|reset by|Broken pipe|disconnect|timed out/i
  )
    .replace(/^(Timeout|client_loop: send disconnect), ?:? ?/, "")

/** How a program's own ssh process ended, seen from its log. */
export interface SessionLog {
  /** The host was asked to run it: it may have. */
  readonly opened: boolean
  /** Its exit status came. */
  readonly exited: boolean
  /** The host opens no more sessions on this connection. */
  readonly refused: boolean
  /** Its last words. */
  readonly words: string
}

export const readSessionLog = (log: string): SessionLog => ({
  opened: /master session id:/.test(log),
  exited: /Received exit status from master/.test(log),
  refused: /session request failed|Session open refused/.test(log),
  words: lastLine(said(log))
})

/**
 * The host did not open what a forwarded socket leads to. Whether nothing listens there or its sshd forwards no sockets
 * at all (AllowStreamLocalForwarding), sshd does not say: both are "connect failed".
 */
export const isForwardRefused = (log: string): boolean => /^channel \d+: open failed: /m.test(log)
