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

export const reconnectNotice = ({ hasOverflowed, host, key, seconds, why }: Waiting): string => {
  const next = seconds === 0 ? "trying again" : `next try in ${seconds} s`
  const keys = [
    ...(hasOverflowed ? ["nothing more is kept"] : seconds === 0 ? [] : ["any key tries now"]),
    ...(key === undefined ? [] : [`${keyName(key)} gives up`])
  ]
  const hints = key === undefined || keys.length === 0 ? "" : `: ${keys.join(", ")}`
  return `connection to ${host} lost, ${next}${hints}${why === undefined ? "" : ` (${why.message})`}`
}
