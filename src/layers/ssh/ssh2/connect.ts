/** From a resolved host to a connection: socket, handshake, host key, authentication. */
import * as Effect from "effect/Effect"
import * as Net from "node:net"
import type { Duplex } from "node:stream"
import type * as Ssh2 from "ssh2"
import type { Client } from "ssh2"
import { AuthenticationFailed, type ConnectFailure, HostUnreachable } from "../../../services/SshTransport.ts"
import { oneLine } from "../shared/sanitize.ts"
import { algorithmsFor, emptyOf } from "./algorithms.ts"
import type { Ask } from "./ask.ts"
import { authenticator, type Refusals } from "./auth.ts"
import type { HostConfig } from "./config/config.ts"
import { SshConnection } from "./connection.ts"
import { explainError, explainForward, type LibraryError } from "./errors.ts"
import { hostKeys } from "./hostKey.ts"
import { type Identities, loadIdentities } from "./identities.ts"
import type { ConfigPaths } from "./paths.ts"

type Library = typeof Ssh2

/** Between keepalives, and how many may stay unanswered. */
const ALIVE_INTERVAL_MS = 1000
const ALIVE_COUNT = 3

export interface ConnectTo {
  readonly library: Library
  readonly config: HostConfig
  /** The jump host's connection; undefined: connect directly. */
  readonly through: SshConnection | undefined
  readonly paths: ConfigPaths
  readonly uid: number
  /** Undefined: no questions may be asked. */
  readonly ask: Ask | undefined
  /** Called when the host has answered, and the login begins. */
  readonly onHandshake: () => void
  /** Milliseconds that the host may take to answer, not counting what the user takes. */
  readonly connectMs: number
  /** Milliseconds for the login after that; undefined: none of its own. */
  readonly loginMs: number | undefined
  /** How long an unused connection is kept. */
  readonly idleMs: number
}

/** A timer that runs while it is the host's turn. */
class HostTimer {
  private timer: NodeJS.Timeout | undefined
  private limitMs: number
  private readonly onOver: () => void

  constructor(limitMs: number, onOver: () => void) {
    this.limitMs = limitMs
    this.onOver = onOver
    this.start()
  }

  start(): void {
    this.stop()
    this.timer = setTimeout(this.onOver, this.limitMs)
  }

  stop(): void {
    clearTimeout(this.timer)
  }

  /** From now on there is this much time. */
  restart(limitMs: number): void {
    this.limitMs = limitMs
    this.start()
  }

  /** Stops the timer during a question: the user may take any time. No question outlives `over`. */
  pausedDuring(ask: Ask, over: AbortSignal): Ask {
    return async (question, echo) => {
      this.stop()
      const answer = await ask(question, echo, over)
      if (!over.aborted) this.start()
      return answer
    }
  }
}

const dial = (config: HostConfig): Effect.Effect<Duplex, ConnectFailure> =>
  Effect.callback((resume) => {
    const family = { inet: 4, inet6: 6 }[config.get("addressfamily")?.toLowerCase() ?? ""]
    const localAddress = config.get("bindaddress")
    // Node would connect to an address of the other family, too.
    if (family !== undefined && Net.isIP(config.hostname) === (family === 4 ? 6 : 4)) {
      const { name } = config.destination
      return resume(Effect.fail(new HostUnreachable({ host: name, reason: "no such host", words: "" })))
    }
    const socket = Net.connect({
      host: config.hostname,
      port: config.port,
      // Without it an echo takes 44 ms.
      noDelay: true,
      ...family === undefined ? {} : { family },
      ...localAddress === undefined ? {} : { localAddress }
    })
    const fail = (error: Error) => resume(Effect.fail(explainError(config.destination.name, error)))
    socket.once("error", fail)
    socket.once("connect", () => {
      socket.off("error", fail)
      resume(Effect.succeed(socket))
    })
    return Effect.sync(() => socket.destroy())
  })

const forward = (connection: SshConnection, config: HostConfig): Effect.Effect<Duplex, ConnectFailure> =>
  Effect.callback((resume) => {
    let gone = false
    connection.forward(config.hostname, config.port, (error, channel) => {
      if (gone) return channel?.destroy()
      if (channel !== undefined) return resume(Effect.succeed(channel))
      return resume(Effect.fail(
        connection.lost === undefined
          ? explainForward(config.destination.name, error!)
          : new HostUnreachable({
            host: config.destination.name,
            reason: "dropped",
            words: connection.lost,
            ...error === undefined ? {} : { cause: error }
          })
      ))
    })
    return Effect.sync(() => {
      gone = true
    })
  })

/** The library does not report that an agent's key was refused. Its version is pinned, and a test covers this. */
const noteRefusals = (client: Client, refusals: Refusals): void => {
  type Handler = (protocol: unknown, methods: ReadonlyArray<string>, partial: boolean) => void
  const { _protocol } = client as unknown as { _protocol: { _handlers: { USERAUTH_FAILURE: Handler } } }
  const handle = _protocol._handlers.USERAUTH_FAILURE
  _protocol._handlers.USERAUTH_FAILURE = (protocol, methods, partial) => {
    refusals.methods = methods
    handle(protocol, methods, partial)
  }
}

const denied = (config: HostConfig, refusals: Refusals, identities: Identities | undefined, cause: unknown) =>
  new AuthenticationFailed({
    host: config.destination.name,
    words: oneLine(
      [`Permission denied (${refusals.methods?.join(",") ?? ""})`, ...identities?.skipped ?? []].join("; ")
    ),
    cause
  })

const shakeHands = (to: ConnectTo, sock: Duplex): Effect.Effect<SshConnection, ConnectFailure> =>
  Effect.callback((resume) => {
    const { config, library, paths, uid } = to
    const host = config.destination.name
    const keys = hostKeys(config, paths)
    const algorithms = algorithmsFor(config, keys.types)
    const empty = emptyOf(algorithms)
    if (empty !== undefined) {
      const why = `your configuration leaves no ${empty} that this ssh can do`
      sock.destroy()
      return resume(Effect.fail(new HostUnreachable({ host, reason: "other", words: why })))
    }
    const client = new library.Client()
    const { forwardedAgent } = paths
    const connection = new SshConnection(client, sock, {
      agentForward: forwardedAgent !== undefined,
      idleMs: to.idleMs
    })
    const refusals: Refusals = { methods: undefined }
    let identities: Promise<Identities> | undefined
    let loaded: Identities | undefined
    let pinned: Buffer | undefined
    let refused: ConnectFailure | undefined
    let problem: LibraryError | undefined
    const ending = new AbortController()
    const over = ending.signal

    const finish = (result: Effect.Effect<SshConnection, ConnectFailure>) => {
      if (over.aborted) return
      timer.stop()
      ending.abort()
      resume(result)
    }
    const fail = (failure: ConnectFailure) => {
      finish(Effect.fail(failure))
      sock.destroy()
    }
    const timer = new HostTimer(to.connectMs, () => fail(new HostUnreachable({ host, reason: "timeout", words: "" })))
    const ask = to.ask === undefined ? undefined : timer.pausedDuring(to.ask, over)
    // As for ssh, ConnectTimeout ends with the key exchange. The login may have to be confirmed elsewhere.
    client.once("handshake", () => {
      to.onHandshake()
      if (to.loginMs !== undefined && !over.aborted) timer.restart(to.loginMs)
    })

    const failed = () => {
      if (refused !== undefined) return fail(refused)
      const failure = explainError(host, problem)
      return fail(failure._tag === "AuthenticationFailed" ? denied(config, refusals, loaded, problem) : failure)
    }
    client.on("error", (error: LibraryError) => {
      if (error.level === "agent") return
      problem ??= error
      failed()
    })
    client.on("close", failed)
    client.on("change password", () => {
      fail(new AuthenticationFailed({ host, words: "the password has expired" }))
    })
    client.on("ready", () => finish(Effect.succeed(connection)))

    const next = authenticator({
      library,
      config,
      ask,
      refusals,
      identities: async () => {
        identities ??= loadIdentities({ library, config, paths, uid, ask })
        loaded = await identities
        return loaded
      }
    })
    client.connect({
      sock,
      username: config.user,
      ident: "sesh",
      // The library's timer would run while the user types.
      readyTimeout: 0,
      keepaliveInterval: ALIVE_INTERVAL_MS,
      keepaliveCountMax: ALIVE_COUNT,
      algorithms,
      strictVendor: false,
      ...forwardedAgent === undefined ? {} : { agent: new library.OpenSSHAgent(forwardedAgent) },
      hostVerifier: (key, verify) => {
        // Every key re-exchange asks again, and the host must stay the same.
        if (pinned !== undefined) return verify(pinned.equals(key))
        const first = Buffer.from(key)
        const judged = (distrust: ConnectFailure | undefined) => {
          refused = distrust
          if (distrust === undefined) pinned = first
          verify(distrust === undefined)
        }
        const distrust = keys.check(first)
        const { asked } = keys
        if (distrust?._tag !== "HostKeyUnknown" || asked === undefined || ask === undefined) return judged(distrust)
        void (async () => {
          const answer = await asked(first, ask)
          if (!over.aborted) judged(answer)
        })()
        // A promise would count as trust.
        return undefined
      },
      authHandler: (_methods, _partial, done) => next(done)
    })
    noteRefusals(client, refusals)
    return Effect.sync(() => {
      timer.stop()
      ending.abort()
      sock.destroy()
    })
  })

/** Connects. Interrupting leaves nothing behind. */
export const connect = (to: ConnectTo): Effect.Effect<SshConnection, ConnectFailure> => {
  const open = to.through === undefined ? dial(to.config) : forward(to.through, to.config)
  const timeout = () =>
    Effect.fail(new HostUnreachable({ host: to.config.destination.name, reason: "timeout", words: "" }))
  return Effect.flatMap(
    Effect.timeoutOrElse(open, { duration: to.connectMs, orElse: timeout }),
    (sock) => shakeHands(to, sock)
  )
}
