/** How long a host may take to let somebody in: what the caller says, and what the user's configuration says. */
import * as Duration from "effect/Duration"
import { CONNECT_TIMEOUT_MS, type ConnectOptions } from "../../../services/SshTransport.ts"

/**
 * Milliseconds to log in where a person may be asked, also on the way there: OpenSSH counts the questions of a jump
 * host or a proxy. As long as sshd gives anybody (LoginGraceTime in sshd_config(5)).
 */
export const LOGIN_GRACE_MS = 120_000

/**
 * Milliseconds for a host that the user has named to answer. ssh itself would wait as long as the system tries, two
 * minutes; a link that wakes up, a proxy that starts or a name server that does not answer takes some ten seconds.
 */
export const NAMED_CONNECT_MS = 30_000

/** Milliseconds for the first session of a connection (TCP_NODELAY): a login script may hang, or leave a job in it. */
export const FIRST_SESSION_MS = 5000

export interface Patience {
  /** Milliseconds for connecting and the handshake. Undefined: the user's own ConnectTimeout. */
  readonly connectMs: number | undefined
  /** Milliseconds for the login, which begins then. Undefined: it has no time of its own. */
  readonly loginMs: number | undefined
  /** Milliseconds for all of it, where nobody is asked. */
  readonly limitMs: number
}

/** Seconds of each unit of time (sshd_config(5), TIME FORMATS). */
const UNITS: Readonly<Record<string, number>> = { "": 1, s: 1, m: 60, h: 3600, d: 86_400, w: 604_800 }

/**
 * A ConnectTimeout as written, like `90` or `1m30s`, or as `ssh -G` prints it. Undefined: there is none, or it sets no
 * limit.
 */
export const ownTimeoutMs = (written: string | undefined): number | undefined => {
  if (written === undefined || !/^(?:\d+[smhdw]?)+$/i.test(written)) return undefined
  const parts = [...written.matchAll(/(\d+)([smhdw]?)/gi)]
  const seconds = parts.reduce((sum, [, count, unit]) => sum + Number(count) * UNITS[unit!.toLowerCase()]!, 0)
  return seconds > 0 ? seconds * 1000 : undefined
}

/**
 * A caller's limit is for searches, which cannot wait longer; the user's may be shorter. A host that was named has the
 * user's ConnectTimeout, shorter or longer than ours, or ours; and then its time to let somebody in.
 */
export const patienceOf = (
  options: ConnectOptions | undefined,
  ownMs: number | undefined,
  isProxied: boolean
): Patience => {
  if (options?.connectTimeout !== undefined) {
    const limitMs = Duration.toMillis(options.connectTimeout)
    return { connectMs: Math.min(limitMs, ownMs ?? limitMs), loginMs: undefined, limitMs }
  }
  const isInteractive = options?.prompts === "interactive"
  // Somebody who logs in again is asked as the first time.
  const ourMs = options?.isAgain === true && !isInteractive
    ? CONNECT_TIMEOUT_MS
    : isProxied && isInteractive
    ? LOGIN_GRACE_MS
    : NAMED_CONNECT_MS
  return {
    connectMs: ownMs === undefined ? ourMs : undefined,
    loginMs: LOGIN_GRACE_MS,
    limitMs: (ownMs ?? ourMs) + LOGIN_GRACE_MS
  }
}
