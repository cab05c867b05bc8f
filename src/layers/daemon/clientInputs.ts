/**
 * Clients by their id, which they keep when they reconnect: how much of their input was received, how much is queued.
 */
import type { Hello } from "../../schema/protocol/Control.ts"
import { type ClientInput, newClientInput, type Peer } from "./peer.ts"

/** Disconnected clients that are remembered: their connections may have died, and they may reconnect. */
const REMEMBERED_CLIENTS = 1024

export class ClientInputs {
  private readonly connected = new Map<string, ClientInput>()
  /** In the order in which they disconnected. */
  private readonly disconnected = new Map<string, ClientInput>()

  /**
   * A client connects, or reconnects. `sent` is what it says it has sent: that counts as received when the client is
   * not remembered, because input that is lost is better than input typed twice. Gives the client's previous
   * connection, which must be dropped.
   */
  connect(peer: Peer, { client }: Hello, sent: number): Peer | undefined {
    const input = this.connected.get(client) ?? this.disconnected.get(client) ?? { ...newClientInput(), received: sent }
    const previous = input.peer
    this.disconnected.delete(client)
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
    if (hello.role !== "attach" && hello.role !== "send") return
    this.disconnected.set(hello.client, input)
    if (this.disconnected.size > REMEMBERED_CLIENTS) this.disconnected.delete(this.disconnected.keys().next().value!)
  }
}
