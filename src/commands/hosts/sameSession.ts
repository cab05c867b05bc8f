/**
 * One session under several names: ssh may know a machine by more than one, and the machine may be this one. Sessions
 * are told apart by their ids, and by what only their machine knows of them.
 */
import * as Result from "effect/Result"
import type { ListedSession } from "../../schema/Listing.ts"
import { firstUsedFirst, type RememberedHost } from "../../schema/RememberedHost.ts"
import type { Answer } from "./askHosts.ts"

/**
 * Undefined where it is not known, or where the session runs on another machine than the one that lists it. An id alone
 * would not do: a session tells its own to each host that is attached to from inside it (`shownIn`), and such a host
 * could list it, to hide that session or to be taken for it. When it was created, and its process, it tells no host.
 */
const identityOf = ({ info, machine }: ListedSession): string | undefined =>
  machine === undefined && info !== undefined ? `${info.id} ${info.created} ${info.pid}` : undefined

/** The first of each session. */
export const distinct = <A>(all: ReadonlyArray<A>, sessionOf: (one: A) => ListedSession): ReadonlyArray<A> => {
  const found = new Set<string>()
  return all.filter((one) => {
    const identity = identityOf(sessionOf(one))
    if (identity === undefined) return true
    const isNew = !found.has(identity)
    found.add(identity)
    return isNew
  })
}

/** Those of one name may be one session: a session that has just been created is remembered without an id. */
const mayBeSame = (one: ListedSession, other: ListedSession): boolean =>
  one.name === other.name && one.machine === undefined && other.machine === undefined &&
  (one.info === undefined || other.info === undefined || identityOf(one) === identityOf(other))

const mayShare = (one: RememberedHost, other: RememberedHost): boolean =>
  one.sessions.some((session) => other.sessions.some((its) => mayBeSame(session, its)))

/** An answer, without the sessions that are listed already. */
export interface AnswerOnce extends Answer {
  /** There were some, and none is left. */
  readonly isListed: boolean
}

/**
 * Lets each session be listed once: as one of this machine, else under the name that was used first of those by which
 * it can be had now. Give it each answer as it comes; it gives back those whose turn has come. An answer waits only for
 * hosts that may be the same machine, as far as they are remembered. Where two turn out to be that when one is listed
 * already, the later one adds nothing.
 */
export const listedOnce = (hosts: ReadonlyArray<RememberedHost>, here: ReadonlyArray<ListedSession>) => {
  const listed = new Set(here.map(identityOf))
  const waiting = new Set(hosts)
  let held: ReadonlyArray<Answer> = []

  const without = (known: RememberedHost): RememberedHost => ({
    ...known,
    sessions: known.sessions.filter((session) => {
      const identity = identityOf(session)
      const isNew = identity === undefined || !listed.has(identity)
      listed.add(identity)
      return isNew
    })
  })

  const once = ({ remembered, result }: Answer): AnswerOnce => {
    const known = Result.getOrElse(result, () => remembered)
    const left = without(known)
    const isListed = known.sessions.length > 0 && left.sessions.length === 0
    return Result.isSuccess(result)
      ? { remembered, result: Result.succeed(left), isListed }
      : { remembered: left, result, isListed }
  }

  const release = (isDue: (answer: Answer) => boolean): ReadonlyArray<AnswerOnce> => {
    const due = held.filter(isDue)
    held = held.filter((answer) => !due.includes(answer))
    return due.toSorted((one, other) => firstUsedFirst(one.remembered, other.remembered)).map(once)
  }

  return (answer: Answer): ReadonlyArray<AnswerOnce> => {
    waiting.delete(answer.remembered)
    held = [...held, answer]
    const live = release(({ remembered, result }) =>
      Result.isSuccess(result) &&
      ![...waiting].some((other) => firstUsedFirst(other, remembered) < 0 && mayShare(other, result.success))
    )
    // What a host said before counts where nobody says it now.
    const better = [...waiting, ...held.filter(({ result }) => Result.isSuccess(result)).map((one) => one.remembered)]
    const stale = release(({ remembered, result }) =>
      Result.isFailure(result) && !better.some((other) => mayShare(other, remembered))
    )
    return [...live, ...stale]
  }
}
