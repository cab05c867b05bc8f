import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Option from "effect/Option"
import type { SessionName } from "../../../schema/SessionName.ts"
import { type Connection, ConnectionReset, FrameCut } from "../../../services/Connection.ts"
import type { HostError } from "../../../services/HostError.ts"
import type { Lock } from "../../../services/Lock.ts"
import * as LockFake from "../LockFake.ts"
import { connectionPair } from "./connectionPair.ts"

/** One connection, as a test sees and treats it. */
export interface FakeLink {
  readonly name: SessionName
  /** This side's program does not read any more: what the other side sends piles up there. */
  readonly stall: (side: "client" | "server") => void
  /** It reads again. */
  readonly flow: (side: "client" | "server") => void
  /** The connection breaks, without a word to either side but its end; what was under way is lost. */
  readonly cut: (reason?: string) => void
  /** As `cut`, in the middle of the frame with which this side would have had more than so many bytes. */
  readonly cutAfter: (side: "client" | "server", bytes: number) => void
  /** It breaks for the client alone; the server has not heard of it, and may still get what was sent (`flow`). */
  readonly lose: () => void
  readonly closed: boolean
}

/** The network that `SessionServerFake` and `SessionClientFake` share. */
export class NetworkTestRef extends Context.Service<NetworkTestRef, {
  /** Who listens, and what is done with a new connection. */
  readonly listeners: Map<SessionName, (connection: Connection) => void>
  /** Sessions of other machines that share the directory: the machine's name by the session's. */
  readonly elsewhere: Map<SessionName, string>
  /** Every connection there was, oldest first. */
  readonly links: ReadonlyArray<FakeLink>
  /** Until it is called with undefined, no client can connect, for this reason: a host's, or just text. */
  readonly setDown: (reason: string | HostError | undefined) => void
  readonly isDown: () => string | HostError | undefined
  /** True: who connects gets no answer, until false. */
  readonly setSlow: (slow: boolean) => void
  readonly isSlow: () => boolean
  /** What the host says of the ssh-agent that a connection to it forwards. */
  readonly setAgent: (asked: Effect.Effect<Option.Option<string>>) => void
  readonly agent: Effect.Effect<Option.Option<string>>
  /** Connects to a listener, which sees it as late as it would a socket. */
  readonly open: (name: SessionName) => Connection
  /** Who makes a session holds it. */
  readonly creating: Lock["Service"]
}>()("sesh/layers/testing/NetworkTestRef") {}

const brokenBy = (code: string, message: string) => new ConnectionReset({ code, cause: new Error(message) })

/** As a socket has it whose other side is gone. */
const reset = () => brokenBy("ECONNRESET", "read ECONNRESET")

/** `capacity`: bytes that a side's system holds for a program that does not read; Linux' default for a unix socket. */
export const layer = (options?: { readonly capacity?: number }): Layer.Layer<NetworkTestRef> =>
  Layer.effect(
    NetworkTestRef,
    Effect.map(LockFake.make(), (creating) => {
      const listeners = new Map<SessionName, (connection: Connection) => void>()
      const links: Array<FakeLink> = []
      let down: string | HostError | undefined
      let slow = false
      let agent: Effect.Effect<Option.Option<string>> = Effect.succeedNone
      return NetworkTestRef.of({
        listeners,
        elsewhere: new Map<SessionName, string>(),
        links,
        creating,
        setDown: (reason) => {
          down = reason
        },
        isDown: () => down,
        setSlow: (is) => {
          slow = is
        },
        isSlow: () => slow,
        setAgent: (asked) => {
          agent = asked
        },
        agent: Effect.suspend(() => agent),
        open: (name) => {
          const { client, cut, server } = connectionPair(options?.capacity ?? 212_992)
          const sides = { client, server }
          links.push({
            name,
            stall: (side) => sides[side].stall(true),
            flow: (side) => sides[side].stall(false),
            cut: (reason) => cut(reason === undefined ? reset() : brokenBy("EIO", reason)),
            cutAfter: (side, bytes) => sides[side].onRead(bytes, () => cut(new FrameCut())),
            lose: () => {
              server.stall(true)
              client.lose(brokenBy("ETIMEDOUT", "the connection timed out"))
            },
            get closed() {
              return client.isOver() && server.isOver()
            }
          })
          setImmediate(() => {
            const accept = listeners.get(name)
            if (accept === undefined) cut(reset())
            else accept(server.connection)
          })
          return client.connection
        }
      })
    })
  )
