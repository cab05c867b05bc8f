/** Clients by the id that they keep over their connections: what of their input has come, and what waits to be typed. */
import type { Hello } from "../../schema/protocol/Control.ts"
import { type ClientInput, newInput, type Peer } from "./peer.ts"

/** Clients whose input is remembered after they left: their connections may have died, and they come back. */
const REMEMBERED_CLIENTS = 1024

export class ClientInputs {
  private readonly here = new Map<string, ClientInput>()
  /** In the order in which they left. */
  private readonly left = new Map<string, ClientInput>()

  /**
   * The client has come, or is back on another connection. `sent`: what it says it has sent, should it be forgotten:
   * better something is not typed than twice. Gives the connection that it had, which must be dropped.
   */
  enter(peer: Peer, { client }: Hello, sent: number): Peer | undefined {
    const input = this.here.get(client) ?? this.left.get(client) ?? { ...newInput(), received: sent }
    const before = input.peer
    this.left.delete(client)
    this.here.set(client, input)
    input.peer = peer
    peer.input = input
    return before
  }

  /** The connection is gone. Only who is attached comes back. */
  leave(peer: Peer): void {
    const { hello, input } = peer
    if (hello === undefined || input.peer !== peer) return
    input.peer = undefined
    this.here.delete(hello.client)
    if (hello.role !== "attach") return
    this.left.set(hello.client, input)
    if (this.left.size > REMEMBERED_CLIENTS) this.left.delete(this.left.keys().next().value!)
  }
}
