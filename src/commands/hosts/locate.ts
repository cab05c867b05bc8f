/** Looks on the known hosts for sessions that this machine does not have. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import { firstUsedFirst, type RememberedHost } from "../../schema/RememberedHost.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import type { NoSession } from "../../services/NoSession.ts"
import { Output } from "../../services/Output.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import type { SessionElsewhere } from "../../services/SessionElsewhere.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"
import { explain, NoSessionAnywhere, PerhapsElsewhere, SeveralSessions } from "../words/failures.ts"
import { runningIn } from "../words/rows.ts"
import { age, cut, shortPath, table, visible } from "../words/text.ts"
import { type Answer, askHosts, nameHosts } from "./askHosts.ts"
import { hostOfMachine } from "./elsewhere.ts"
import { runOnHost } from "./onHost.ts"
import { distinct } from "./sameSession.ts"

/** The user was asked which session is meant, and chose none. */
export class NothingChosen extends Schema.TaggedError<NothingChosen>()("NothingChosen", {}) {
  override get message() {
    return "none was chosen"
  }
}

/** How long to wait for a host that is not known to have the session, in milliseconds. */
const UNLIKELY_MS = 1500

/** The host that has a session, or why there is no such host. */
export type Whereabouts = Result.Result<
  HostName,
  NoSessionAnywhere | PerhapsElsewhere | SeveralSessions | NothingChosen
>

interface FoundSession {
  readonly on: RememberedHost
  readonly session: ListedSession
}

/** Not one that the host itself only sees: it runs on another machine, which shares the directory. */
const isThere = (session: ListedSession, name: SessionName) => session.name === name && session.machine === undefined

const has = ({ sessions }: RememberedHost, name: SessionName) => sessions.some((session) => isThere(session, name))

const latestOf = ({ remembered, result }: Answer): RememberedHost => Result.getOrElse(result, () => remembered)

/** Hosts that did not answer, with the reason. */
const silentOf = (answers: ReadonlyArray<Answer>) =>
  answers.flatMap(({ remembered, result }) => Result.isFailure(result) ? [{ remembered, reason: result.failure }] : [])

/**
 * Says which hosts did not answer: in a line each those that had one of the sessions before, because the reason counts
 * there, and in one all others.
 */
const reportNoAnswers = Effect.fnUntraced(function*(answers: ReadonlyArray<Answer>, names: ReadonlyArray<SessionName>) {
  const { note } = yield* Output
  const now = yield* Clock.currentTimeMillis
  const others: Array<{ readonly host: HostName; readonly reason: string }> = []
  for (const { reason, remembered } of silentOf(answers)) {
    const { at, host } = remembered
    const had = names.filter((name) => has(remembered, name))
    if (had.length === 0) others.push({ host, reason })
    // The reason comes last: it may end with a command to run.
    else yield* note(explain({ message: `${had.join(", ")} was on ${host} ${age(now - at)} ago: ${reason}` }))
  }
  const [first, second] = others
  if (first === undefined) return
  const message = second === undefined ? first.reason : `no answer from ${nameHosts(others.map(({ host }) => host))}`
  yield* note(explain({ message }))
})

/** Attached sessions come first, then the one that was in use last. */
const latestFirst = (a: FoundSession, b: FoundSession): number => {
  const attached = ({ session }: FoundSession) => session.info?.clients.some(({ role }) => role === "attach") ? 1 : 0
  return attached(b) - attached(a) || (b.session.info?.active ?? 0) - (a.session.info?.active ?? 0)
}

/** Limit for a column of the menu: a host may send text of any length. */
const MAX_COLUMNS = 40

const choices = (found: ReadonlyArray<FoundSession>, now: number): ReadonlyArray<string> =>
  table(found.map(({ on, session }) => {
    const { info, name } = session
    return [
      `${hostWord(on.host)} ${name}`,
      info === undefined ? "" : `active ${age(now - info.active)} ago`,
      info === undefined ? "" : cut(shortPath(info.dir, on.home), MAX_COLUMNS),
      cut(runningIn(session), MAX_COLUMNS)
    ].map(visible)
  }))

/**
 * Asks all known hosts once for these sessions, and asks the user if several have one. Waits longer for hosts that had
 * one of the sessions when they answered last. Nothing is read meanwhile: what is typed waits for the session, or for
 * the shell. `commandLine` makes the command line that means the session on that host.
 */
export const locate = Effect.fn("locate")(function*(
  names: ReadonlyArray<SessionName>,
  commandLine: (host: HostName, name: SessionName) => string
) {
  const isLikely = (host: RememberedHost) => names.some((name) => has(host, name))
  const hosts = yield* (yield* HostMemory).all
  const [likely, ...others] = hosts.filter(isLikely)
  const [name] = names
  // Most sessions are where they were: the way there is opened while the hosts are asked.
  if (likely !== undefined && others.length === 0 && name !== undefined && names.length === 1) {
    yield* (yield* Remotes).prepare(likely.host, name, { prompts: "batch", connectTimeout: CONNECT_TIMEOUT_MS })
  }
  const answers = yield* askHosts([...hosts.filter(isLikely), ...hosts.filter((host) => !isLikely(host))], {
    patienceMs: (host) => isLikely(host) ? CONNECT_TIMEOUT_MS : UNLIKELY_MS,
    progress: (waiting) => `looking for ${names.join(", ")} on ${waiting} ...`
  })
  yield* reportNoAnswers(answers, names)
  const found = new Map<SessionName, Whereabouts>()
  for (const name of names) found.set(name, yield* choose(name, answers, commandLine))
  return found
})

/** Silent hosts that had the session, each session once. */
const missed = (name: SessionName, answers: ReadonlyArray<Answer>): ReadonlyArray<HostName> => {
  const had = silentOf(answers).flatMap(({ remembered: { host, sessions } }) =>
    sessions.filter((session) => isThere(session, name)).map((session) => ({ host, session }))
  )
  return distinct(had, ({ session }) => session).map(({ host }) => host)
}

const choose = Effect.fnUntraced(function*(
  name: SessionName,
  answers: ReadonlyArray<Answer>,
  commandLine: (host: HostName, name: SessionName) => string
): Effect.fn.Return<Whereabouts, never, Output | Prompt> {
  const ordered = answers.toSorted((one, other) => firstUsedFirst(one.remembered, other.remembered))
  const all = ordered.flatMap(({ result }) =>
    Result.isFailure(result)
      ? []
      : result.success.sessions.filter((session) => isThere(session, name)).map((session): FoundSession => ({
        on: result.success,
        session
      }))
  )
  const found = distinct(all, ({ session }) => session).toSorted(latestFirst)
  const [first] = found
  if (first === undefined) {
    const [silent, ...more] = missed(name, ordered)
    if (silent !== undefined) {
      const hosts = [silent, ...more] as const
      return Result.fail(
        new PerhapsElsewhere({ name, hosts, commands: hosts.map((host) => commandLine(host, name)) })
      )
    }
    const elsewhere = answers.flatMap((answer) =>
      latestOf(answer).sessions.map((session) => ({ host: answer.remembered.host, name: session.name }))
    )
    return Result.fail(new NoSessionAnywhere({ name, elsewhere }))
  }
  if (found.length === 1) {
    yield* (yield* Output).note(`[${name} is on ${first.on.host}]`)
    return Result.succeed(first.on.host)
  }
  const prompt = yield* Prompt
  if (!prompt.isPossible) {
    return Result.fail(new SeveralSessions({ name, commands: found.map(({ on }) => commandLine(on.host, name)) }))
  }
  const now = yield* Clock.currentTimeMillis
  const chosen = yield* prompt.choose(`There are ${found.length} sessions named ${name}:`, choices(found, now))
  const picked = Option.getOrUndefined(Option.map(chosen, (index) => found[index]))
  return picked === undefined ? Result.fail(new NothingChosen()) : Result.succeed(picked.on.host)
})

/** As `locate`, for one session. Fails if no host has it, or if several do and the user chooses none. */
export const locateOne = Effect.fnUntraced(function*(
  name: SessionName,
  commandLine: (host: HostName, name: SessionName) => string
) {
  return yield* Effect.fromResult((yield* locate([name], commandLine)).get(name)!)
})

/** The session is not here. */
type NotHere = NoSession | SessionElsewhere

/**
 * Runs a command on an existing session: on `host` if it is given, else here, else on the machine that has it, else on
 * the known host that has it.
 */
export const runAnywhere = <E extends { readonly _tag: string; readonly message: string }, R>(
  { host, name }: { readonly host: HostName | undefined; readonly name: SessionName },
  commandLine: (host: HostName) => string,
  command: Effect.Effect<number, E | NotHere, R>
) => {
  const find = Effect.fnUntraced(function*(error: NotHere) {
    return error._tag === "NoSession" ? yield* locateOne(name, commandLine) : yield* hostOfMachine(error)
  })
  return host !== undefined ? runOnHost(host, command) : command.pipe(
    Effect.catchIf(
      (error): error is Extract<E | NotHere, NotHere> =>
        error._tag === "NoSession" || error._tag === "SessionElsewhere",
      (error) => Effect.flatMap(find(error as NotHere), (host) => runOnHost(host, command))
    )
  )
}
