/** Asks many hosts at the same time what there is, and waits no longer than it is worth. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import { Progress } from "../../services/Progress.ts"
import { Prompt } from "../../services/Prompt.ts"
import { Remotes } from "../../services/Remotes.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"

/** What a host said, or a sentence that says why it said nothing. */
export interface Answer {
  readonly before: RememberedHost
  readonly now: Result.Result<RememberedHost, string>
}

export interface AskHostsOptions<E = never> {
  /** Milliseconds that this host is worth, from when it is asked. */
  readonly patience: (host: RememberedHost) => number
  /** What is shown meanwhile, given the hosts that are waited for. */
  readonly progress: (waiting: string) => string
  /** Enter and Ctrl-C end the waiting. */
  readonly isImpatient?: boolean
  /** Told as they come. */
  readonly onAnswer?: (answer: Answer) => Effect.Effect<void, E>
}

/** Each is a process or a connection here: enough for nobody to wait in line. */
const AT_ONCE = 50

/** Named in a line; more are counted. */
const MOST_NAMED = 8

/** "web, db and 3 more" */
export const naming = (hosts: Iterable<string>): string => {
  const all = [...hosts]
  const named = all.slice(0, MOST_NAMED)
  const others = all.length - named.length
  return others === 0 ? named.join(", ") : `${named.join(", ")} and ${others} more`
}

const noAnswer = (ms: number) => (host: string) => `${host} gave no answer in ${ms / 1000} s`
const notWaitedFor = (host: string) => `${host} was not waited for`

/**
 * The answers in the order of the hosts. Nobody is asked for a password, and the whole takes no longer than the slowest
 * host may (`CONNECT_TIMEOUT`), however many there are.
 */
export const askHosts = Effect.fn("askHosts")(
  function*<E = never>(hosts: ReadonlyArray<RememberedHost>, options: AskHostsOptions<E>) {
    const { isImpatient = false, onAnswer, patience, progress } = options
    if (hosts.length === 0) return []
    const remotes = yield* Remotes
    const answers = new Map<RememberedHost, Answer>()
    const enough = yield* Deferred.make<typeof notWaitedFor>()
    const show = yield* (yield* Progress).line
    const showWaiting = () => {
      const waiting = hosts.filter((host) => !answers.has(host))
      if (waiting.length > 0) show(progress(naming(waiting.map(({ host }) => host))))
    }
    if (isImpatient) {
      yield* (yield* Prompt).onImpatience(() => Deferred.doneUnsafe(enough, Exit.succeed(notWaitedFor)))
    }

    // What has not ended by then is ended in the background: nobody waits for a connection to be given up.
    const questions = yield* Scope.make()
    yield* Effect.addFinalizer(() => Effect.forkDetach(Scope.close(questions, Exit.void)))
    const ask = Effect.fnUntraced(function*(before: RememberedHost) {
      const ms = patience(before)
      const question = yield* Effect.forkIn(
        remotes.look(before.host, { prompts: "batch", connectTimeout: ms }),
        questions
      )
      const now = yield* Fiber.join(question).pipe(
        Effect.mapError(({ message }) => message),
        Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.fail(noAnswer(ms)(before.host)) }),
        Effect.result
      )
      const answer = { before, now }
      answers.set(before, answer)
      showWaiting()
      if (onAnswer !== undefined) yield* onAnswer(answer)
    })

    showWaiting()
    const all = Effect.as(Effect.forEach(hosts, ask, { concurrency: AT_ONCE, discard: true }), notWaitedFor)
    const tooLong = Effect.as(Effect.sleep(CONNECT_TIMEOUT_MS), noAnswer(CONNECT_TIMEOUT_MS))
    const why = yield* Effect.raceAllFirst([all, Deferred.await(enough), tooLong])
    const missing = hosts.filter((host) => !answers.has(host))
    for (const before of missing) {
      const answer = { before, now: Result.fail(why(before.host)) }
      answers.set(before, answer)
      if (onAnswer !== undefined) yield* onAnswer(answer)
    }
    return hosts.map((host) => answers.get(host)!)
  },
  Effect.scoped
)
