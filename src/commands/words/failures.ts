import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import * as Schema from "effect/Schema"
import { distance } from "fastest-levenshtein"
import { SessionName } from "../../schema/SessionName.ts"
import type { NoSession } from "../../services/NoSession.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { cut, visible } from "./text.ts"

/** The longest reason that is told, in characters: hosts and files may have more to say than anybody reads. */
const MOST = 1000

/** An expected failure in one line, as every message of ours begins. */
export const explain = (error: { readonly message: string }): string => `sesh: ${visible(cut(error.message, MOST))}`

/** There is no such session here, nor on any host that answered. `elsewhere`: the sessions that are known on hosts. */
export class NoSessionAnywhere extends Schema.TaggedError<NoSessionAnywhere>()("NoSessionAnywhere", {
  name: SessionName,
  elsewhere: Schema.Array(Schema.Struct({ host: Schema.String, name: SessionName }))
}) {
  override get message() {
    return `no session named ${this.name}`
  }
}

/** Several sessions have the name, and nobody can be asked which one is meant. */
export class SeveralSessions extends Schema.TaggedError<SeveralSessions>()("SeveralSessions", {
  name: SessionName,
  /** What to type instead, one for each. */
  commands: Schema.Array(Schema.String)
}) {
  override get message() {
    return `there are ${this.commands.length} sessions named ${this.name}; say which one:`
  }
}

/** Suggested at once; more would be the listing. */
const MOST_CLOSE = 3

/** Two letters that lie side by side were typed in the wrong order: the commonest slip, and no two mistakes. */
const isSwapped = (a: string, b: string): boolean => {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return at !== -1 && a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b
}

/** How many slips of the keyboard lie between two names; a name that goes on was not typed to its end. */
const slips = (typed: string, other: string): number =>
  other.startsWith(typed) || isSwapped(typed, other) ? 1 : distance(typed, other)

/** A session that may have been meant, and how it is asked for. */
interface Candidate {
  readonly name: string
  readonly shown: string
}

const closest = (name: string, candidates: ReadonlyArray<Candidate>): ReadonlyArray<string> =>
  candidates
    // A dead session's socket may still be there.
    .filter((other) => other.name !== name)
    .map((other) => ({ other, away: slips(name.toLowerCase(), other.name.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.away - b.away)
    .slice(0, MOST_CLOSE)
    .map(({ other }) => other.shown)

const candidates = (names: ReadonlyArray<string>): ReadonlyArray<Candidate> =>
  names.map((name) => ({ name, shown: name }))

/** Names that may have been meant: one letter in three is wrong at the most. The closest come first. */
export const closeTo = (name: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  closest(name, candidates(names))

/** " on web", where the sessions are on another host. */
export const onHost = Effect.map(SessionClient, ({ host }) => host === undefined ? "" : ` on ${host}`)

/** Failures of sessions, and of what they need on their machine: their words do not say which machine that is. */
const OF_A_MACHINE: ReadonlySet<string> = new Set([
  "ConnectError",
  "LaunchError",
  "PathsError",
  "SessionExists",
  "SessionLost",
  "SessionTooOld",
  "SessionUnresponsive",
  "VersionMismatch"
])

/** As `explain`; of a failure on another host with the host. */
export const explainThere = Effect.fnUntraced(function*(error: { readonly message: string; readonly _tag?: string }) {
  const { host } = yield* SessionClient
  return host === undefined || !OF_A_MACHINE.has(error._tag ?? "")
    ? explain(error)
    : explain({ message: `${host}: ${error.message}` })
})

const isSeveral = (error: object): error is SeveralSessions => Predicate.isTagged(error, "SeveralSessions")

const isNowhere = (error: object): error is NoSession | NoSessionAnywhere =>
  Predicate.isTagged(error, "NoSession") || Predicate.isTagged(error, "NoSessionAnywhere")

/** As `explainThere`; of a session that is not there, with the names that are close to what was asked for. */
export const explainMore = Effect.fn("explainMore")(function*(error: { readonly message: string }) {
  if (isSeveral(error)) return [explain(error), ...error.commands.map((command) => `  ${visible(command)}`)].join("\n")
  if (!isNowhere(error)) return yield* explainThere(error)
  const { name } = error
  const elsewhere = error._tag === "NoSession" ? [] : error.elsewhere
  const said = `${explain(error)}${yield* onHost}`
  const close = closest(name, [
    ...candidates(yield* (yield* SessionRegistry).names),
    ...elsewhere.map((session) => ({ name: session.name, shown: `@${session.host} ${session.name}` }))
  ])
  return close.length === 0 ? said : `${said}; did you mean ${close.join(" or ")}?`
})
