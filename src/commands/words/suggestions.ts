/** Names that a user may have meant. */
import { distance } from "fastest-levenshtein"

/** More suggestions would be a listing. */
const MAX_SUGGESTIONS = 3

/** Two neighbouring letters are swapped: the most common typing error, which counts as one. */
const isSwapped = (a: string, b: string): boolean => {
  const at = [...a].findIndex((letter, index) => letter !== b[index])
  return at !== -1 && a.slice(0, at) + a.charAt(at + 1) + a.charAt(at) + a.slice(at + 2) === b
}

/** How many typing errors lie between two names. A name that was not typed to its end counts as one. */
const typos = (typed: string, other: string): number =>
  other.startsWith(typed) || isSwapped(typed, other) ? 1 : distance(typed, other)

/** A session that may have been meant. */
export interface Candidate {
  readonly name: string
  /** What to type for it. */
  readonly shown: string
}

/** What to type for the candidates close to a name, the closest first. At most one letter in three is wrong. */
export const closest = (name: string, candidates: ReadonlyArray<Candidate>): ReadonlyArray<string> =>
  candidates
    // The socket of a dead session may still exist under the very name.
    .filter((other) => other.name !== name)
    .map((other) => ({ other, away: typos(name.toLowerCase(), other.name.toLowerCase()) }))
    .filter(({ away }) => away <= Math.max(1, Math.floor(name.length / 3)))
    .toSorted((a, b) => a.away - b.away)
    .slice(0, MAX_SUGGESTIONS)
    .map(({ other }) => other.shown)

export const candidates = (names: ReadonlyArray<string>): ReadonlyArray<Candidate> =>
  names.map((name) => ({ name, shown: name }))

/** As `closest`, for names that the user types as they are. */
export const closeTo = (name: string, names: ReadonlyArray<string>): ReadonlyArray<string> =>
  closest(name, candidates(names))
