/** What is said while a connection to another host is waited for, and when there will be none. */
import * as Option from "effect/Option"
import type { DetachKey } from "../../schema/DetachKey.ts"
import type { Ended } from "../../schema/Session.ts"
import type { AttachEnd } from "../../services/AttachClient.ts"
import type { ConnectionFailure } from "./openConnection.ts"

export interface Waiting {
  readonly host: string
  /** Seconds to the next attempt; 0: one is under way. */
  readonly seconds: number
  /** What the last attempt failed with. */
  readonly why: string | undefined
  /** The one that gives up; undefined: nobody can press any. */
  readonly key: DetachKey | undefined
  /** More was typed than is kept. */
  readonly hasOverflowed: boolean
}

/** As the key is written on keyboards. */
const keyName = ({ code }: DetachKey): string => `Ctrl-${String.fromCharCode(code).toUpperCase()}`

export const waiting = ({ hasOverflowed, host, key, seconds, why }: Waiting): string => {
  const next = seconds === 0 ? "trying again" : `next try in ${seconds} s`
  const keys = [
    ...(hasOverflowed ? ["nothing more is kept"] : seconds === 0 ? [] : ["any key tries now"]),
    ...(key === undefined ? [] : [`${keyName(key)} gives up`])
  ]
  const hints = key === undefined || keys.length === 0 ? "" : `: ${keys.join(", ")}`
  return `connection to ${host} lost, ${next}${hints}${why === undefined ? "" : ` (${why})`}`
}

/** How an attachment ends when there is no connection to be had any more. */
export const lost = (
  error: ConnectionFailure,
  session: string | undefined,
  remembered: Option.Option<Ended>
): AttachEnd => {
  if (error._tag === "Replaced") return { _tag: "Lost", reason: "it has ended, and another session has its name" }
  if (error._tag !== "NoSession") {
    return { _tag: "Lost", reason: "reason" in error ? error.reason : error.message }
  }
  return Option.match(Option.filter(remembered, ({ id }) => id === session), {
    onNone: (): AttachEnd => ({ _tag: "Lost", reason: "its process is gone, as after a restart of the host" }),
    onSome: ({ status }) => ({ _tag: "Exited", status })
  })
}
