/** A connection to a host that is up: its channels, and the news of its end. */
import type { Duplex } from "node:stream"
import type { Channel, Client } from "ssh2"
import { oneLine } from "../shared/sanitize.ts"
import { bounded, Room } from "./channels.ts"
import type { LibraryError } from "./errors.ts"

/** A host has so long to answer our goodbye. */
const GRACE_MS = 500

type Opened = (error: LibraryError | undefined, channel: Channel | undefined) => void

const said = (error: LibraryError): string =>
  error.level === "client-timeout" ? "it stopped answering" : oneLine(error.message)

/** The last word on a socket that is gone: the library ends channels as if their hosts had, and so it is asked first. */
export class SshConnection {
  private readonly client: Client
  private readonly sock: Duplex
  private readonly room: Room
  private readonly whenLost = new Set<() => void>()
  private agentForward: boolean
  private users = 0
  private isRoused = false
  private idle: NodeJS.Timeout | undefined
  private readonly idleMs: number
  /** Why it is over; undefined while it is not. */
  lost: string | undefined

  /** `sock` must have no listeners yet: what happens to it is heard here before the library does. */
  constructor(client: Client, sock: Duplex, options: { readonly agentForward: boolean; readonly idleMs: number }) {
    this.client = client
    this.sock = sock
    this.room = new Room(sock)
    this.agentForward = options.agentForward
    this.idleMs = options.idleMs
    sock.on("error", (error) => this.lose(said(error)))
    sock.on("end", () => this.lose("closed by the host"))
    sock.on("close", () => this.lose("closed"))
    client.on("error", (error: LibraryError) => {
      // An agent that does not sign is no end.
      if (error.level !== "agent") this.lose(said(error))
    })
  }

  onLost(tell: () => void): void {
    this.whenLost.add(tell)
  }

  /** Somebody uses it until he calls what this gives. Unused, it is closed after a while. */
  use(): () => void {
    clearTimeout(this.idle)
    this.users++
    let used = true
    return () => {
      if (!used) return
      used = false
      this.users--
      if (this.users === 0) this.rest()
    }
  }

  /** Begins to count the time that nobody uses it. */
  rest(): void {
    clearTimeout(this.idle)
    if (this.lost !== undefined || this.users > 0) return
    this.idle = setTimeout(() => this.close(""), this.idleMs)
    this.idle.unref()
  }

  /**
   * The host sends small packets at once only from the first session on (TCP_NODELAY, which sshd sets then): without one a
   * key that is typed into a socket there is shown 40 ms late.
   */
  private rouse(): void {
    if (this.isRoused) return
    this.exec("true", (_error, channel) => {
      channel?.on("error", () => {})
      channel?.resume()
      channel?.stderr.resume()
    })
  }

  exec(command: string, opened: Opened): void {
    const { agentForward } = this
    this.isRoused = true
    this.open(opened, (done) =>
      this.client.exec(command, { agentForward }, (error, channel) => {
        // A host that forwards no agents runs programs all the same.
        if (agentForward && error !== undefined && error !== null && /agent/i.test(error.message)) {
          this.agentForward = false
          return this.exec(command, opened)
        }
        return done(error, channel)
      }))
  }

  socket(path: string, opened: Opened): void {
    this.rouse()
    this.open(opened, (done) => this.client.openssh_forwardOutStreamLocal(path, done))
  }

  /** The same origin that `ssh -W` gives. */
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
    clearTimeout(this.idle)
    for (const tell of this.whenLost) tell()
    this.whenLost.clear()
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
      // Who lets go of a channel does not read it to its end, and without that it does not close.
      const destroy = channel.destroy.bind(channel)
      channel.destroy = (error) => {
        release()
        return destroy(error)
      }
      return opened(undefined, bounded(channel, this.room, () => this.close("it sends more than it may")))
    }
    try {
      ask(done)
    } catch (error) {
      // The library throws where the connection has just gone.
      done(error as Error)
    }
  }
}
