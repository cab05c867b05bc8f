/** A session that is not here may be on one of the hosts that sesh knows. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import type { HostName } from "../../schema/HostName.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import type { NoSession } from "../../services/NoSession.ts"
import { Output } from "../../services/Output.ts"
import { Prompt } from "../../services/Prompt.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"
import { explain, NoSessionAnywhere, SeveralSessions } from "../words/failures.ts"
import { runningIn } from "../words/rows.ts"
import { age, cut, shortPath, table, visible } from "../words/text.ts"
import { type Answer, askHosts, naming } from "./askHosts.ts"
import { there } from "./onHost.ts"

/** The person was asked which one, and would rather have none. */
export class NothingChosen extends Schema.TaggedError<NothingChosen>()("NothingChosen", {}) {
  override get message() {
    return "none was chosen"
  }
}

/** Milliseconds that a host is waited for when nothing says that it has the session. */
const UNLIKELY_MS = 1500

/** Where a name leads. */
export type Whereabouts = Result.Result<HostName, NoSessionAnywhere | SeveralSessions | NothingChosen>

interface Sighting {
  readonly known: RememberedHost
  readonly session: ListedSession
}

const has = ({ sessions }: RememberedHost, name: SessionName) => sessions.some((session) => session.name === name)

const lastSaid = ({ before, now }: Answer): RememberedHost => Result.getOrElse(now, () => before)

/** One line for all that said nothing; and where one of the names was when such a host was heard of last. */
const tellOfSilence = Effect.fnUntraced(function*(answers: ReadonlyArray<Answer>, names: ReadonlyArray<SessionName>) {
  const silent = answers.filter(({ now }) => Result.isFailure(now))
  const [first] = silent
  if (first === undefined) return
  const now = yield* Clock.currentTimeMillis
  const likely = silent.flatMap(({ before }) =>
    names.filter((name) => has(before, name)).map((name) => `${name} was on ${before.host} ${age(now - before.at)} ago`)
  )
  const who = silent.length === 1 && Result.isFailure(first.now)
    ? first.now.failure
    : `no answer from ${naming(silent.map(({ before }) => before.host))}`
  yield* (yield* Output).note(explain({ message: `${who}${likely[0] === undefined ? "" : ` (${likely[0]})`}` }))
})

/** A session that somebody looks at comes first, then the one that was in use last. */
const latestFirst = (a: Sighting, b: Sighting): number => {
  const attached = ({ session }: Sighting) => session.info?.clients.some(({ role }) => role === "attach") ? 1 : 0
  return attached(b) - attached(a) || (b.session.info?.active ?? 0) - (a.session.info?.active ?? 0)
}

/** Columns of a choice: hosts may say what they like. */
const MOST_COLUMNS = 40

const choices = (sightings: ReadonlyArray<Sighting>, now: number): ReadonlyArray<string> =>
  table(sightings.map(({ known, session }) => {
    const { info, name } = session
    return [
      `@${known.host} ${name}`,
      info === undefined ? "" : `active ${age(now - info.active)} ago`,
      info === undefined ? "" : cut(shortPath(info.dir, known.home), MOST_COLUMNS),
      cut(runningIn(session), MOST_COLUMNS)
    ].map(visible)
  }))

/**
 * Asks all hosts once where these sessions are, and the person where it is not clear. Likely hosts are waited for
 * longer, and Enter or Ctrl-C ends the waiting. `say` gives the command line that means the one on a host.
 */
export const locate = Effect.fn("locate")(function*(
  names: ReadonlyArray<SessionName>,
  say: (host: HostName, name: SessionName) => string
) {
  const isLikely = (host: RememberedHost) => names.some((name) => has(host, name))
  const hosts = yield* (yield* HostMemory).all
  const prompt = yield* Prompt
  const hint = hosts.length > 0 && prompt.isPossible ? " (Enter: wait no longer)" : ""
  const answers = yield* askHosts([...hosts.filter(isLikely), ...hosts.filter((host) => !isLikely(host))], {
    patience: (host) => isLikely(host) ? CONNECT_TIMEOUT_MS : UNLIKELY_MS,
    progress: (waiting) => `looking for ${names.join(", ")} on ${waiting}${hint}`,
    isImpatient: true
  })
  yield* tellOfSilence(answers, names)
  const places = new Map<SessionName, Whereabouts>()
  for (const name of names) places.set(name, yield* choose(name, answers, say))
  return places
})

const choose = Effect.fnUntraced(function*(
  name: SessionName,
  answers: ReadonlyArray<Answer>,
  say: (host: HostName, name: SessionName) => string
): Effect.fn.Return<Whereabouts, never, Output | Prompt> {
  const sightings = answers.flatMap(({ now }) =>
    Result.isFailure(now)
      ? []
      : now.success.sessions.filter((session) => session.name === name).map((session): Sighting => ({
        known: now.success,
        session
      }))
  ).toSorted(latestFirst)
  const [first] = sightings
  if (first === undefined) {
    const elsewhere = answers.flatMap((answer) =>
      lastSaid(answer).sessions.map((session) => ({ host: answer.before.host, name: session.name }))
    )
    return Result.fail(new NoSessionAnywhere({ name, elsewhere }))
  }
  if (sightings.length === 1) {
    yield* (yield* Output).note(`[${name} is on ${first.known.host}]`)
    return Result.succeed(first.known.host)
  }
  const prompt = yield* Prompt
  if (!prompt.isPossible) {
    return Result.fail(new SeveralSessions({ name, commands: sightings.map(({ known }) => say(known.host, name)) }))
  }
  const now = yield* Clock.currentTimeMillis
  const chosen = yield* prompt.choose(`There are ${sightings.length} sessions named ${name}:`, choices(sightings, now))
  const sighting = Option.getOrUndefined(Option.map(chosen, (index) => sightings[index]))
  return sighting === undefined ? Result.fail(new NothingChosen()) : Result.succeed(sighting.known.host)
})

/** As `locate`, of one session: fails when it is nowhere, or not to be decided. */
export const locateOne = Effect.fnUntraced(function*(
  name: SessionName,
  say: (host: HostName, name: SessionName) => string
) {
  return yield* Effect.fromResult((yield* locate([name], say)).get(name)!)
})

/** A command on a session that is there: on the host that was named, or else here, or else on the host that has it. */
export const anywhere = <E extends { readonly _tag: string; readonly message: string }, R>(
  { host, name }: { readonly host: HostName | undefined; readonly name: SessionName },
  say: (host: HostName) => string,
  command: Effect.Effect<number, E | NoSession, R>
) =>
  host !== undefined ? there(host, command) : command.pipe(
    Effect.catchIf(
      (error): error is Extract<E | NoSession, NoSession> => error._tag === "NoSession",
      () => Effect.flatMap(locateOne(name, say), (host) => there(host, command))
    )
  )
