/**
 * Clients by their id, which they keep when they reconnect: how much of their input was received, how much is queued.
 */
import type { Hello, Role } from "../../schema/protocol/Control.ts"
import { type ClientInput, newClientInput, type Peer } from "./peer.ts"

/** Disconnected clients of a role that are remembered: their connections may have died, and they may reconnect. */
const REMEMBERED_CLIENTS = 1024

export class ClientInputs {
  private readonly connected = new Map<string, ClientInput>()
  /**
   * Clients that type, in the order in which they disconnected. By role: nobody tells a `send` that is done from one
   * whose connection died, and however many there are, they push out no attached client whose machine is asleep.
   */
  private readonly disconnected: { readonly [role in Role]?: Map<string, ClientInput> } = {
    attach: new Map(),
    send: new Map()
  }

  /**
   * A client connects, or reconnects. `sent` is what it says it has sent: that counts as received when the client is
   * not remembered, because input that is lost is better than input typed twice. Gives the client's previous
   * connection, which must be dropped.
   */
  connect(peer: Peer, { client, role }: Hello, sent: number): Peer | undefined {
    const disconnected = this.disconnected[role]
    const input = this.connected.get(client) ?? disconnected?.get(client) ?? { ...newClientInput(), received: sent }
    const previous = input.peer
    disconnected?.delete(client)
    this.connected.set(client, input)
    input.peer = peer
    peer.input = input
    return previous
  }

  /** The connection is gone. Clients that type reconnect. */
  disconnect(peer: Peer): void {
    const { hello, input } = peer
    if (hello === undefined || input.peer !== peer) return
    input.peer = undefined
    this.connected.delete(hello.client)
    const disconnected = this.disconnected[hello.role]
    if (disconnected === undefined) return
    disconnected.set(hello.client, input)
    if (disconnected.size > REMEMBERED_CLIENTS) disconnected.delete(disconnected.keys().next().value!)
  }
}
