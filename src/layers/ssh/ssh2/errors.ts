/** What errors of the library and the network mean. */
import {
  AuthenticationFailed,
  type ConnectFailure,
  HostUnreachable,
  SshMissing
} from "../../../services/SshTransport.ts"
import { oneLine } from "../shared/sanitize.ts"
import { explainFailure } from "../shared/sshLog.ts"

/** The advice for what this transport cannot do. */
export const USE_OPENSSH = "use OpenSSH's ssh (SESH_SSH=openssh)"

const REASONS: Readonly<Record<string, HostUnreachable["reason"]>> = {
  ECONNREFUSED: "refused",
  ETIMEDOUT: "timeout",
  ENOTFOUND: "no such host",
  EAI_AGAIN: "no such host",
  EAI_NONAME: "no such host",
  EHOSTUNREACH: "no network",
  ENETUNREACH: "no network",
  EHOSTDOWN: "no network",
  ENETDOWN: "no network",
  ECONNRESET: "dropped",
  EPIPE: "dropped"
}

/** Errors as the library makes them. */
export interface LibraryError extends Error {
  readonly level?: string
  readonly code?: unknown
  readonly reason?: unknown
}

/** Comes with SSH_DISCONNECT_PROTOCOL_ERROR (RFC 4253, section 11.1): sshd's message after too many keys. */
const TOO_MANY = /too many authentication failures/i

/** Why a connection was not made. */
export const explainError = (host: string, error: LibraryError | undefined): ConnectFailure => {
  if (error === undefined) return new HostUnreachable({ host, reason: "dropped", words: "" })
  const said = oneLine(error.message)
  const unreachable = (reason: HostUnreachable["reason"]) =>
    new HostUnreachable({ host, reason, words: said, cause: error })
  if (error.level === "client-authentication" || TOO_MANY.test(said)) {
    return new AuthenticationFailed({ host, words: said, cause: error })
  }
  if (error.level === "client-timeout") return unreachable("timeout")
  const reason = typeof error.code === "string" ? REASONS[error.code] : undefined
  if (reason !== undefined) return unreachable(reason)
  return /lost before handshake|connection lost|socket/i.test(said) ? unreachable("dropped") : unreachable("other")
}

/** Why a jump host did not connect to the next one: its text is that of sshd's own messages. */
export const explainForward = (host: string, error: LibraryError): ConnectFailure => explainFailure(host, error.message)

/** A configuration that needs more than this transport can do. */
export const needsOpenSsh = (host: string, what: string): SshMissing =>
  new SshMissing({ problem: `${host} needs ${oneLine(what)}, which only OpenSSH can do`, advice: USE_OPENSSH })
