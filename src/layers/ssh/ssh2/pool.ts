/** The connections of this process: one per host and what the configuration says of it, made when needed and shared. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import type * as Ssh2 from "ssh2"
import { destinationOf } from "../../../schema/HostName.ts"
import {
  type Awaited,
  type ConnectFailure,
  type ConnectOptions,
  type HostDescription,
  HostUnreachable,
  SshMissing
} from "../../../services/SshTransport.ts"
import { listening } from "../shared/forwardedAgent.ts"
import { makeHandshakes } from "../shared/handshakes.ts"
import { NAMED_CONNECT_MS, ownTimeoutMs, patienceOf } from "../shared/patience.ts"
import { oneLine } from "../shared/sanitize.ts"
import { makeSingleFlight } from "../shared/singleFlight.ts"
import { MAX_CONNECTIONS } from "../shared/startProgram.ts"
import { beginWait } from "../shared/waiting.ts"
import { type Ask, inTurn } from "./ask.ts"
import { type ConfigSource, type Destination, type HostConfig, jumpOf, resolveHost } from "./config/config.ts"
import { BadConfig } from "./config/read.ts"
import { connect } from "./connect.ts"
import type { SshConnection } from "./connection.ts"
import { needsOpenSsh } from "./errors.ts"
import { pathsOf } from "./paths.ts"

/** Jump hosts on the way to a host: a longer list is a circle. */
const MAX_JUMPS = 8

export interface PoolOptions {
  readonly source: () => ConfigSource
  readonly ask: Ask
  /** How long an unused connection is kept. */
  readonly idleMs: number
}

/** Connections by host. */
export interface Pool {
  /** `number`: one of several to that host, from 0. */
  readonly get: (
    host: string,
    options: ConnectOptions | undefined,
    number?: number
  ) => Effect.Effect<SshConnection, ConnectFailure>
  /** Whether there is that connection. */
  readonly has: (host: string, number: number) => Effect.Effect<boolean>
  readonly describe: (host: string) => Effect.Effect<HostDescription, HostUnreachable>
  readonly close: (host: string) => Effect.Effect<void>
  readonly closeAll: Effect.Effect<void>
}

/** Loaded with the first host, never before: the package opens handles, and is slow to load. */
const load = Effect.tryPromise({
  try: () => import("ssh2"),
  catch: (cause) =>
    new SshMissing({ problem: `ssh2 cannot be loaded (${String(cause)})`, advice: "install it anew", cause })
}).pipe(Effect.map((module) => ("default" in module ? module.default : module) as typeof Ssh2))

/** The way to a host, as the configuration has it now. */
interface Route {
  readonly config: HostConfig
  /** The last jump host on the way. */
  readonly jump: Destination | undefined
  /** All configuration on the way, the host's own first: a connection is for one of these. */
  readonly keys: ReadonlyArray<string>
}

const keyOf = ({ keys }: Route, number: number): string => [String(number), ...keys].join("\n")

/** Read all beforehand: connections that wait for each other would wait for ever. */
const routeTo = (source: ConfigSource, destination: Destination): Result.Result<Route, BadConfig> =>
  Result.gen(function*() {
    const config = yield* resolveHost(source, destination)
    const jump = yield* jumpOf(config)
    const keys = [config.key]
    for (let next = jump; next !== undefined;) {
      if (keys.length > MAX_JUMPS) {
        return yield* Result.fail(new BadConfig({ problem: "its ProxyJump leads in a circle" }))
      }
      const on = yield* resolveHost(source, next)
      keys.push(on.key)
      next = yield* jumpOf(on)
    }
    return { config, jump, keys }
  })

export const makePool = Effect.fnUntraced(function*(
  { ask, idleMs, source }: PoolOptions
): Effect.fn.Return<Pool, never, Scope.Scope> {
  const connections = new Map<string, SshConnection>()
  const share = yield* makeSingleFlight<SshConnection, ConnectFailure>()
  const handshakes = makeHandshakes()
  const askInTurn = inTurn(ask)

  /** A mistake in the configuration makes the host unreachable, with the mistake as its reason. */
  const orUnreachable = <A>(host: string, result: Result.Result<A, BadConfig>): Effect.Effect<A, HostUnreachable> =>
    Effect.fromResult(
      Result.mapError(
        result,
        (cause) => new HostUnreachable({ host, reason: "other", words: oneLine(cause.message), cause })
      )
    )

  const make = Effect.fnUntraced(function*(
    route: Route,
    key: string,
    from: ConfigSource,
    options: ConnectOptions | undefined
  ): Effect.fn.Return<SshConnection, ConnectFailure> {
    const { config, jump } = route
    const host = config.destination.name
    if (config.needs !== undefined) return yield* needsOpenSsh(host, config.needs)
    const paths = yield* orUnreachable(host, pathsOf(config, from.env))
    const library = yield* load
    const ownMs = ownTimeoutMs(config.get("connecttimeout"))
    const { connectMs = ownMs ?? NAMED_CONNECT_MS, limitMs, loginMs } = patienceOf(options, ownMs, jump !== undefined)
    const mayAsk = options?.prompts === "interactive" && !config.flag("batchmode", false)
    let stage: Awaited | undefined = "connection"
    let endWait = () => {}
    const beginStage = () => {
      endWait()
      endWait = beginWait(options, { awaited: () => stage })
    }
    /** While a question is on the terminal, nothing else may be written there. */
    const askAlone: Ask = (question, echo, over) => {
      endWait()
      return askInTurn(question, echo, over).finally(() => {
        if (over?.aborted !== true) beginStage()
      })
    }
    /** It tells of its own waits, and may ask meanwhile. */
    const jumpOver = Effect.fnUntraced(function*(jump: Destination) {
      endWait()
      const through = yield* get(jump, options, 0)
      stage = "connection"
      beginStage()
      return through
    })
    const attempt = Effect.gen(function*() {
      const existing = connections.get(key)
      if (existing !== undefined && existing.lost === undefined) return existing
      const through = jump === undefined ? undefined : yield* jumpOver(jump)
      const release = through?.use()
      const connection = yield* connect({
        library,
        config,
        through,
        uid: from.uid,
        paths,
        ask: mayAsk ? askAlone : undefined,
        onHandshake: () => {
          stage = "login"
        },
        connectMs,
        loginMs,
        idleMs
      }).pipe(Effect.onExit((exit) => Effect.sync(() => exit._tag === "Failure" && release?.())))
      connection.onLost(() => {
        release?.()
        if (connections.get(key) === connection) connections.delete(key)
      })
      connections.set(key, connection)
      connection.startIdleTimer()
      return connection
    })
    beginStage()
    return yield* handshakes({
      host,
      endpoint: jump === undefined ? `${config.hostname}:${config.port}` : `through ${route.keys.slice(1).join("\n")}`,
      prompts: options?.prompts,
      limit: limitMs,
      attempt
    }).pipe(Effect.ensuring(Effect.sync(() => endWait())))
  })

  const get = (
    destination: Destination,
    options: ConnectOptions | undefined,
    number: number
  ): Effect.Effect<SshConnection, ConnectFailure> =>
    Effect.suspend(() => {
      const from = source()
      return Effect.flatMap(orUnreachable(destination.name, routeTo(from, destination)), (route) => {
        const key = keyOf(route, number)
        const existing = connections.get(key)
        if (existing !== undefined && existing.lost === undefined) return Effect.succeed(existing)
        return share(`${options?.prompts ?? "batch"} ${key}`, make(route, key, from, options))
      })
    })

  const close = (connection: SshConnection | undefined) => Effect.sync(() => connection?.close(""))

  return {
    get: (host, options, number = 0) => get(destinationOf(host), options, number),
    has: (host, number) =>
      Effect.suspend(() => orUnreachable(host, routeTo(source(), destinationOf(host)))).pipe(
        Effect.map((route) => connections.get(keyOf(route, number))),
        Effect.match({ onSuccess: (there) => there !== undefined && there.lost === undefined, onFailure: () => false })
      ),
    describe: Effect.fnUntraced(function*(host) {
      const from = source()
      const config = yield* orUnreachable(host, resolveHost(from, destinationOf(host)))
      const { forwardedAgent } = yield* orUnreachable(host, pathsOf(config, from.env))
      const { hostname, port, user } = config
      return { hostname, port, user, agent: yield* listening(forwardedAgent) }
    }),
    close: (host) =>
      Effect.suspend(() => orUnreachable(host, routeTo(source(), destinationOf(host)))).pipe(
        Effect.flatMap((route) =>
          Effect.forEach(Array.from({ length: MAX_CONNECTIONS }, (_, number) => keyOf(route, number)), (key) =>
            close(connections.get(key)))
        ),
        Effect.ignore
      ),
    closeAll: Effect.suspend(() => Effect.forEach([...connections.values()], close, { discard: true }))
  }
})
