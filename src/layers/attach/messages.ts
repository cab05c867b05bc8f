/** The notice during a reconnect. */
import type { DetachKey } from "../../schema/DetachKey.ts"
import type { ConnectionFailure } from "../connection/silent.ts"

export interface Waiting {
  readonly host: string
  /** Seconds to the next attempt; 0: one is under way. */
  readonly seconds: number
  /** The last attempt's failure. */
  readonly why: ConnectionFailure | undefined
  /** The key that stops the reconnect; undefined: there are no keys. */
  readonly key: DetachKey | undefined
  /** More was typed than is kept. */
  readonly hasOverflowed: boolean
}

/** The key's name for people. */
const keyName = ({ code }: DetachKey): string => `Ctrl-${String.fromCharCode(code).toUpperCase()}`

export interface Locked {
  readonly host: string
  /** The key that stops the reconnect. */
  readonly key: DetachKey
  /** Why the last attempt, or the last login, failed. */
  readonly why: ConnectionFailure
}

export const lockedNotice = ({ host, key, why }: Locked): string =>
  `${host} wants a login: Enter logs in, ${keyName(key)} gives up (${why.message})`

/** What stands above the questions of a login. */
export const loginTitle = (host: string): string => `[${host} wants a login, Ctrl-C gives up]`

export const reconnectNotice = ({ hasOverflowed, host, key, seconds, why }: Waiting): string => {
  const next = seconds === 0 ? "trying again" : `next try in ${seconds} s`
  const keys = [
    ...(hasOverflowed ? ["nothing more is kept"] : seconds === 0 ? [] : ["any key tries now"]),
    ...(key === undefined ? [] : [`${keyName(key)} gives up`])
  ]
  const hints = key === undefined || keys.length === 0 ? "" : `: ${keys.join(", ")}`
  return `connection to ${host} lost, ${next}${hints}${why === undefined ? "" : ` (${why.message})`}`
}
