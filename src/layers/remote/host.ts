/** What is known of another host, and how to ask it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import { byName } from "../../schema/Listing.ts"
import type { RemoteAsk } from "../../schema/protocol/Serve.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { HostError } from "../../services/HostError.ts"
import type { HostMemory } from "../../services/HostMemory.ts"
import type { ConnectOptions, SshTransport } from "../../services/SshTransport.ts"
import { makeSingleFlight } from "../ssh/shared/singleFlight.ts"
import { type Answered, exchange, type LaunchRefused } from "./ask.ts"
import { nonsense, refused } from "./errors.ts"

/** Paths on the host. */
export interface HostPaths {
  readonly home: string
  readonly dir: string
  readonly agent: string | undefined
}

/** Another host, with the options of one command. */
export interface Host {
  readonly name: HostName
  readonly options: ConnectOptions | undefined
  /** As the host answered to this process; undefined if it was not asked yet. */
  readonly asked: () => HostPaths | undefined
  /** As the host answered last, to any process: its paths may have changed since. */
  readonly remembered: Effect.Effect<Option.Option<RememberedHost>>
  /** `onAsked`: called when the question is on its way. */
  readonly ask: (question: RemoteAsk, onAsked?: () => void) => Effect.Effect<Answered, HostError | LaunchRefused>
  /** Asks for its sessions, and remembers the answer. */
  readonly look: Effect.Effect<RememberedHost, HostError>
  /** As `look`, but concurrent calls share one question. */
  readonly lookShared: Effect.Effect<RememberedHost, HostError>
  /** How commands ended, by the id of their session, where the host has told that on its own. */
  readonly told: Map<string, ExitStatus>
  /** Remembers a session that was just created there. */
  readonly remember: (name: SessionName, answered: Answered) => Effect.Effect<void>
}

/** Only a question to create a session can fail with `LaunchRefused`; otherwise it is a refusal. */
export const withoutLaunch = (host: string) => (error: HostError | LaunchRefused) =>
  error._tag === "LaunchRefused" ? refused(host, error.reason) : error

export const makeHosts = Effect.fnUntraced(function*(parts: {
  readonly transport: SshTransport["Service"]
  readonly hosts: HostMemory["Service"]
  readonly version: string
}) {
  const { hosts, transport, version } = parts
  const paths = new Map<HostName, HostPaths>()
  const share = yield* makeSingleFlight<RememberedHost, HostError>()

  return (name: HostName, options: ConnectOptions | undefined): Host => {
    const ask = (question: RemoteAsk, onAsked?: () => void) =>
      Effect.tap(
        exchange(transport, { host: name, version, options }, question, onAsked),
        ({ agent, dir, home }) => Effect.sync(() => paths.set(name, { agent, dir, home }))
      )

    const rememberAnswer = Effect.fnUntraced(function*(
      { dir, home, sesh }: Answered,
      sessions: RememberedHost["sessions"]
    ): Effect.fn.Return<RememberedHost> {
      const known = { host: name, at: yield* Clock.currentTimeMillis, sesh, home, dir, sessions }
      yield* hosts.remember(known)
      return known
    })

    const look = Effect.gen(function*() {
      const answered = yield* Effect.mapError(ask({ ask: "sessions" }), withoutLaunch(name))
      if (!("sessions" in answered.reply)) return yield* nonsense(name, "it answers another question")
      return yield* rememberAnswer(answered, answered.reply.sessions)
    }).pipe(Effect.withSpan("Remotes.look"))

    const remember = Effect.fnUntraced(function*(session: SessionName, answered: Answered) {
      const before = Option.getOrUndefined(yield* hosts.get(name))
      const others = (before?.sessions ?? []).filter((other) => other.name !== session)
      yield* rememberAnswer(answered, [...others, { name: session }].toSorted(byName))
    })

    return {
      name,
      options,
      asked: () => paths.get(name),
      remembered: hosts.get(name),
      ask,
      look,
      told: new Map(),
      lookShared: share(`${options?.prompts ?? "batch"} ${name}`, look),
      remember
    }
  }
})
