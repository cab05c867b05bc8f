/** An established connection to a host: its channels, and how it ends. */
import type { Duplex } from "node:stream"
import type { Channel, Client } from "ssh2"
import { FIRST_SESSION_MS } from "../shared/patience.ts"
import { oneLine } from "../shared/sanitize.ts"
import { bounded, DrainQueue } from "./channels.ts"
import type { LibraryError } from "./errors.ts"

/** Time that a host has to answer our disconnect. */
const GRACE_MS = 500

type Opened = (error: LibraryError | undefined, channel: Channel | undefined) => void

const said = (error: LibraryError): string =>
  error.level === "client-timeout" ? "it stopped answering" : oneLine(error.message)

/**
 * Decides whether a connection is lost. When the socket ends, the library ends channels as if their programs had ended,
 * so callers ask this class first.
 */
export class SshConnection {
  private readonly client: Client
  private readonly sock: Duplex
  private readonly drained: DrainQueue
  private readonly lostListeners = new Set<() => void>()
  private agentForward: boolean
  private users = 0
  private hasOpenedSession = false
  private idleTimer: NodeJS.Timeout | undefined
  private readonly idleMs: number
  /** Why the connection is lost; undefined while it is up. */
  lost: string | undefined

  /** `sock` must have no listeners yet: this class must hear of its end before the library does. */
  constructor(client: Client, sock: Duplex, options: { readonly agentForward: boolean; readonly idleMs: number }) {
    this.client = client
    this.sock = sock
    this.drained = new DrainQueue(sock)
    this.agentForward = options.agentForward
    this.idleMs = options.idleMs
    sock.on("error", (error) => this.lose(said(error)))
    sock.on("end", () => this.lose("closed by the host"))
    sock.on("close", () => this.lose("closed"))
    client.on("error", (error: LibraryError) => {
      // An agent that does not sign does not end the connection.
      if (error.level !== "agent") this.lose(said(error))
    })
  }

  onLost(tell: () => void): void {
    this.lostListeners.add(tell)
  }

  /**
   * Keeps the connection open until the caller calls the function returned. An unused connection closes after `idleMs`.
   */
  use(): () => void {
    clearTimeout(this.idleTimer)
    this.users++
    let used = true
    return () => {
      if (!used) return
      used = false
      this.users--
      if (this.users === 0) this.startIdleTimer()
    }
  }

  /** Starts the idle timer. */
  startIdleTimer(): void {
    clearTimeout(this.idleTimer)
    if (this.lost !== undefined || this.users > 0) return
    this.idleTimer = setTimeout(() => this.close(""), this.idleMs)
    this.idleTimer.unref()
  }

  /**
   * Runs `true` as a first session: from then on the host sends small packets at once (TCP_NODELAY, which sshd sets
   * then). Without it a key that is typed into a forwarded socket is shown 40 ms late.
   */
  private openFirstSession(): void {
    if (this.hasOpenedSession) return
    this.exec("true", (_error, channel) => {
      channel?.on("error", () => {})
      channel?.resume()
      channel?.stderr.resume()
      // A login script that hangs, or leaves a job in it, would keep its place.
      const timer = setTimeout(() => channel?.close(), FIRST_SESSION_MS).unref()
      channel?.once("close", () => clearTimeout(timer))
    })
  }

  exec(command: string, opened: Opened): void {
    const { agentForward } = this
    this.hasOpenedSession = true
    this.open(opened, (done) =>
      this.client.exec(command, { agentForward }, (error, channel) => {
        // A host that forwards no agents still runs programs.
        if (agentForward && error !== undefined && error !== null && /agent/i.test(error.message)) {
          this.agentForward = false
          return this.exec(command, opened)
        }
        return done(error, channel)
      }))
  }

  socket(path: string, opened: Opened): void {
    this.openFirstSession()
    this.open(opened, (done) => this.client.openssh_forwardOutStreamLocal(path, done))
  }

  /** The same origin as `ssh -W` gives. */
  forward(host: string, port: number, opened: Opened): void {
    this.open(opened, (done) => this.client.forwardOut("127.0.0.1", 65_535, host, port, done))
  }

  close(why: string): void {
    if (this.lost !== undefined) return
    this.lose(why)
    this.client.end()
    const timer = setTimeout(() => this.sock.destroy(), GRACE_MS)
    timer.unref()
    this.sock.once("close", () => clearTimeout(timer))
  }

  private lose(why: string): void {
    if (this.lost !== undefined) return
    this.lost = why
    clearTimeout(this.idleTimer)
    for (const tell of this.lostListeners) tell()
    this.lostListeners.clear()
  }

  private open(
    opened: Opened,
    ask: (done: (error: Error | null | undefined, channel?: Channel) => void) => void
  ): void {
    const release = this.use()
    const done = (error: Error | null | undefined, channel?: Channel) => {
      if (channel === undefined) {
        release()
        return opened(error ?? new Error("no channel"), undefined)
      }
      channel.on("close", release)
      // A destroyed channel is not read to its end, and does not close without that.
      const destroy = channel.destroy.bind(channel)
      channel.destroy = (error) => {
        release()
        return destroy(error)
      }
      return opened(undefined, bounded(channel, this.drained, () => this.close("it sends more than it may")))
    }
    try {
      ask(done)
    } catch (error) {
      // The library throws when the connection has just ended.
      done(error as Error)
    }
  }
}
