/** Asks many hosts at the same time for their sessions, each with a time limit. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Result from "effect/Result"
import * as Scope from "effect/Scope"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import { Progress } from "../../services/Progress.ts"
import { Remotes } from "../../services/Remotes.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"

/** A host's answer. */
export interface Answer {
  /** What the host said when it answered last. */
  readonly remembered: RememberedHost
  /** What it says now, or a sentence that says why it did not answer. */
  readonly result: Result.Result<RememberedHost, string>
}

export interface AskHostsOptions<E = never> {
  /** How long to wait for this host, in milliseconds from when it is asked. */
  readonly patienceMs: (host: RememberedHost) => number
  /** The progress line, given the hosts that have not answered yet. */
  readonly progress: (waiting: string) => string
  /** Called with each answer as it comes. */
  readonly onAnswer?: (answer: Answer) => Effect.Effect<void, E>
}

/** Each host takes a process or a connection here: enough that no host has to queue. */
const CONCURRENCY = 50

/** Hosts that a line names; it counts the others. */
const MAX_NAMED = 8

/** "web, db and 3 more" */
export const nameHosts = (hosts: Iterable<string>): string => {
  const all = [...hosts]
  const named = all.slice(0, MAX_NAMED)
  const others = all.length - named.length
  return others === 0 ? named.join(", ") : `${named.join(", ")} and ${others} more`
}

const timeoutReason = (host: string, ms: number) => `${host} gave no answer in ${ms / 1000} s`

/**
 * Returns the answers in the order of the hosts. Never asks for a password. However many hosts there are, it takes no
 * longer than one host may take (`CONNECT_TIMEOUT_MS`).
 */
export const askHosts = Effect.fn("askHosts")(
  function*<E = never>(hosts: ReadonlyArray<RememberedHost>, options: AskHostsOptions<E>) {
    const { onAnswer, patienceMs, progress } = options
    if (hosts.length === 0) return []
    const remotes = yield* Remotes
    const answers = new Map<RememberedHost, Answer>()
    const show = yield* (yield* Progress).line
    const showWaiting = () => {
      const waiting = hosts.filter((host) => !answers.has(host))
      if (waiting.length > 0) show(progress(nameHosts(waiting.map(({ host }) => host))))
    }

    // Lookups that are still running at the end are closed in the background: closing a connection may take long.
    const lookups = yield* Scope.make()
    yield* Effect.addFinalizer(() => Effect.forkDetach(Scope.close(lookups, Exit.void)))
    const ask = Effect.fnUntraced(function*(remembered: RememberedHost) {
      const ms = patienceMs(remembered)
      const lookup = yield* Effect.forkIn(
        remotes.look(remembered.host, { prompts: "batch", connectTimeout: ms }),
        lookups
      )
      const result = yield* Fiber.join(lookup).pipe(
        Effect.mapError(({ message }) => message),
        Effect.timeoutOrElse({ duration: ms, orElse: () => Effect.fail(timeoutReason(remembered.host, ms)) }),
        Effect.result
      )
      const answer = { remembered, result }
      answers.set(remembered, answer)
      showWaiting()
      if (onAnswer !== undefined) yield* onAnswer(answer)
    })

    showWaiting()
    yield* Effect.forEach(hosts, ask, { concurrency: CONCURRENCY, discard: true }).pipe(
      Effect.timeoutOption(CONNECT_TIMEOUT_MS)
    )
    const missing = hosts.filter((host) => !answers.has(host))
    for (const remembered of missing) {
      const answer = { remembered, result: Result.fail(timeoutReason(remembered.host, CONNECT_TIMEOUT_MS)) }
      answers.set(remembered, answer)
      if (onAnswer !== undefined) yield* onAnswer(answer)
    }
    return hosts.map((host) => answers.get(host)!)
  },
  Effect.scoped
)
