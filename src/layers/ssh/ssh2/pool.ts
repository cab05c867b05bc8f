/** The connections of this process: one a host, made when needed, for all who want it. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Ssh2 from "ssh2"
import {
  CONNECT_TIMEOUT_MS,
  type ConnectFailure,
  type ConnectOptions,
  type HostDescription,
  HostUnreachable,
  SshMissing
} from "../../../services/SshTransport.ts"
import { makeHandshakes } from "../shared/handshakes.ts"
import { oneLine } from "../shared/sanitize.ts"
import { makeSingleFlight } from "../shared/singleFlight.ts"
import { type Ask, inTurn } from "./ask.ts"
import { type Asked, askedFor, type ConfigSource, type HostConfig, jumpOf, resolveHost } from "./config/config.ts"
import { BadConfig } from "./config/read.ts"
import { connect } from "./connect.ts"
import type { SshConnection } from "./connection.ts"
import { beyond } from "./errors.ts"

/** Hosts on the way to one: more than that lead in a circle. */
const MOST_JUMPS = 8

export interface PoolOptions {
  readonly source: () => ConfigSource
  readonly ask: Ask
  /** An unused connection is kept for so long. */
  readonly idleMs: number
}

/** Connections by host. */
export interface Pool {
  readonly get: (host: string, options: ConnectOptions | undefined) => Effect.Effect<SshConnection, ConnectFailure>
  readonly describe: (host: string) => Effect.Effect<HostDescription, HostUnreachable>
  readonly close: (host: string) => Effect.Effect<void>
  readonly closeAll: Effect.Effect<void>
}

/** Loaded when the first host is connected to, and never before: it makes handles, and takes its time. */
const load = Effect.tryPromise({
  try: () => import("ssh2"),
  catch: (error) => new SshMissing({ problem: `ssh2 cannot be loaded (${String(error)})`, advice: "install it anew" })
}).pipe(Effect.map((module) => ("default" in module ? module.default : module) as typeof Ssh2))

/** Looked for beforehand: connections that wait for each other would wait for ever. */
const isCircle = (source: ConfigSource, first: Asked | undefined): boolean => {
  let jump = first
  for (let left = MOST_JUMPS; jump !== undefined; left--) {
    if (left === 0) return true
    jump = jumpOf(resolveHost(source, jump))
  }
  return false
}

const keyOf = ({ name, port, through, user }: Asked): string => JSON.stringify([user, name, port, through])

export const makePool = Effect.fnUntraced(function*(
  { ask, idleMs, source }: PoolOptions
): Effect.fn.Return<Pool, never, Scope.Scope> {
  const connections = new Map<string, SshConnection>()
  const share = yield* makeSingleFlight<SshConnection, ConnectFailure>()
  const handshakes = makeHandshakes()
  const askInTurn = inTurn(ask)

  /** What is wrong with a configuration is said as what cannot be reached. */
  const attempting = <A>(host: string, look: () => A): Effect.Effect<A, HostUnreachable> =>
    Effect.try({
      try: look,
      catch: (error) => {
        if (!(error instanceof BadConfig)) throw error
        return new HostUnreachable({ host, reason: "other", words: oneLine(error.message) })
      }
    })

  const make = Effect.fnUntraced(function*(
    asked: Asked,
    key: string,
    options: ConnectOptions | undefined
  ): Effect.fn.Return<SshConnection, ConnectFailure> {
    const host = asked.name
    const from = source()
    const config: HostConfig = yield* attempting(host, () => resolveHost(from, asked))
    if (config.needs !== undefined) return yield* beyond(host, config.needs)
    const jump = yield* attempting(host, () => jumpOf(config))
    if (yield* attempting(host, () => isCircle(from, jump))) {
      return yield* new HostUnreachable({ host, reason: "other", words: "its ProxyJump leads in a circle" })
    }
    const library = yield* load
    const wished = Number(config.get("connecttimeout") ?? Number.NaN)
    const limitMs = options?.connectTimeout === undefined
      ? wished > 0 ? wished * 1000 : CONNECT_TIMEOUT_MS
      : Duration.toMillis(options.connectTimeout)
    const mayAsk = options?.prompts === "interactive" && !config.flag("batchmode", false)
    const attempt = Effect.gen(function*() {
      const there = connections.get(key)
      if (there !== undefined && there.lost === undefined) return there
      const through = jump === undefined ? undefined : yield* get(jump, options)
      const release = through?.use()
      const connection = yield* connect({
        library,
        config,
        through,
        uid: from.uid,
        env: from.env,
        ask: mayAsk ? askInTurn : undefined,
        limitMs,
        idleMs
      }).pipe(Effect.onExit((exit) => Effect.sync(() => exit._tag === "Failure" && release?.())))
      connection.onLost(() => {
        release?.()
        if (connections.get(key) === connection) connections.delete(key)
      })
      connections.set(key, connection)
      connection.rest()
      return connection
    })
    return yield* handshakes({
      host,
      destination: jump === undefined ? `${config.hostname}:${config.port}` : `through ${keyOf(jump)}`,
      prompts: options?.prompts,
      limit: limitMs,
      attempt
    })
  })

  const get = (asked: Asked, options: ConnectOptions | undefined): Effect.Effect<SshConnection, ConnectFailure> =>
    Effect.suspend(() => {
      const key = keyOf(asked)
      const there = connections.get(key)
      if (there !== undefined && there.lost === undefined) return Effect.succeed(there)
      return share(`${options?.prompts ?? "batch"} ${key}`, make(asked, key, options))
    })

  const close = (connection: SshConnection | undefined) => Effect.sync(() => connection?.close(""))

  return {
    get: (host, options) => get(askedFor(host), options),
    describe: (host) =>
      attempting(host, () => resolveHost(source(), askedFor(host))).pipe(
        Effect.map(({ hostname, port, user }) => ({ hostname, port, user }))
      ),
    close: (host) => Effect.suspend(() => close(connections.get(keyOf(askedFor(host))))),
    closeAll: Effect.suspend(() => Effect.forEach([...connections.values()], close, { discard: true }))
  }
})
