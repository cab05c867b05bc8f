import * as Effect from "effect/Effect"
import * as Predicate from "effect/Predicate"
import { distance } from "fastest-levenshtein"
import type { NoSession } from "../services/SessionClient.ts"
import { SessionRegistry } from "../services/SessionRegistry.ts"
import { visible } from "./text.ts"

/** An expected failure in one line, as every message of ours begins. */
export const explain = (error: { readonly message: string }): string => `sesh: ${visible(error.message)}`

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

/** Names that may have been meant: one letter in three is wrong at the most. The closest come first. */
export const closeTo = (name: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  names
    // A dead session's socket may still be there.
    .filter((other) => other !== name)
    .map((other) => ({ other, away: slips(name.toLowerCase(), other.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.away - b.away)
    .slice(0, MOST_CLOSE)
    .map(({ other }) => other)

/** As `explain`; of a session that is not there, with the names that are close to what was asked for. */
export const explainMore = Effect.fn("explainMore")(function*(error: { readonly message: string }) {
  if (!Predicate.isTagged(error, "NoSession")) return explain(error)
  const names = yield* (yield* SessionRegistry).names
  const close = closeTo((error as NoSession).name, names)
  return close.length === 0 ? explain(error) : `${explain(error)}; did you mean ${close.join(" or ")}?`
})
