import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { HostName } from "../../schema/HostName.ts"
import { SessionName } from "../../schema/SessionName.ts"
import type { NoSession } from "../../services/NoSession.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { candidates, closest } from "./suggestions.ts"
import { cut, visible } from "./text.ts"

/** The longest message, in characters: hosts and files may send more than a person reads. */
const MAX_REASON = 1000

/** An expected failure in one line, with the prefix of all our messages. */
export const explain = (error: { readonly message: string }): string =>
  `sesh: ${visible(cut(error.message, MAX_REASON))}`

/** No such session here, nor on any host that answered. `elsewhere`: sessions that are known on other hosts. */
export class NoSessionAnywhere extends Schema.TaggedError<NoSessionAnywhere>()("NoSessionAnywhere", {
  name: SessionName,
  elsewhere: Schema.Array(Schema.Struct({ host: Schema.String, name: SessionName }))
}) {
  override get message() {
    return `no session named ${this.name}`
  }
}

/** Several hosts have a session of that name, and there is no terminal to ask which one is meant. */
export class SeveralSessions extends Schema.TaggedError<SeveralSessions>()("SeveralSessions", {
  name: SessionName,
  /** What to type instead, one command line for each. */
  commands: Schema.Array(Schema.String)
}) {
  override get message() {
    return `there are ${this.commands.length} sessions named ${this.name}; say which one:`
  }
}

/**
 * No host that answered has the session; `hosts` had it when they answered last, and cannot be asked now: silent, or
 * they do not let us in without a question.
 */
export class PerhapsElsewhere extends Schema.TaggedError<PerhapsElsewhere>()("PerhapsElsewhere", {
  name: SessionName,
  hosts: Schema.NonEmptyArray(HostName),
  /** What to type instead, one command line for each. */
  commands: Schema.Array(Schema.String)
}) {
  override get message() {
    return `${this.name} may be on ${this.hosts.join(", ")}; say where:`
  }
}

/** " on web" if sessions are on another host, else "". */
export const onHostSuffix = Effect.map(SessionClient, ({ host }) => host === undefined ? "" : ` on ${host}`)

/** Failures whose message does not say on which machine they happened. */
const WITHOUT_HOST: ReadonlySet<string> = new Set([
  "ConnectError",
  "LaunchError",
  "LoopError",
  "PathsError",
  "SessionElsewhere",
  "SessionExists",
  "SessionLost",
  "SessionTooOld",
  "SessionUnresponsive",
  "VersionMismatch"
])

/** As `explain`, with the host if the failure happened on another host. */
export const explainWithHost = Effect.fnUntraced(
  function*(error: { readonly message: string; readonly _tag?: string }) {
    const { host } = yield* SessionClient
    return host === undefined || !WITHOUT_HOST.has(error._tag ?? "")
      ? explain(error)
      : explain({ message: `${host}: ${error.message}` })
  }
)

const hasCommands = (error: object): error is SeveralSessions | PerhapsElsewhere =>
  Predicate.isTagged(error, "SeveralSessions") || Predicate.isTagged(error, "PerhapsElsewhere")

const isNoSession = (error: object): error is NoSession | NoSessionAnywhere =>
  Predicate.isTagged(error, "NoSession") || Predicate.isTagged(error, "NoSessionAnywhere")

/** As `explainWithHost`. If there is no such session, adds similar names; if there may be several, how to name each. */
export const explainWithSuggestions = Effect.fn("explainWithSuggestions")(
  function*(error: { readonly message: string }) {
    if (hasCommands(error)) {
      return [explain(error), ...error.commands.map((command) => `  ${visible(command)}`)].join("\n")
    }
    if (!isNoSession(error)) return yield* explainWithHost(error)
    const { name } = error
    const elsewhere = error._tag === "NoSession" ? [] : error.elsewhere
    const explained = `${explain(error)}${yield* onHostSuffix}`
    const close = closest(name, [
      ...candidates(yield* (yield* SessionRegistry).names),
      ...elsewhere.map((session) => ({ name: session.name, shown: `@${session.host} ${session.name}` }))
    ])
    return close.length === 0 ? explained : `${explained}; did you mean ${close.join(" or ")}?`
  }
)
