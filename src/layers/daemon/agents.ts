/** The ssh-agents of a session's clients, and which of them counts. */
import type { Peers } from "./peers.ts"

export class Agents {
  private first: string | undefined
  private readonly peers: Peers
  private readonly onChange: (sockets: ReadonlyArray<string>) => void

  constructor(peers: Peers, onChange: (sockets: ReadonlyArray<string>) => void) {
    this.peers = peers
    this.onChange = onChange
  }

  /**
   * Paths of their sockets. First that of the client that attached or typed last, of those that have one; last those of
   * clients that wait for the command.
   */
  private get sockets(): ReadonlyArray<string> {
    const ranked = this.peers.list().toReversed().toSorted((one, other) => other.input.led - one.input.led)
    return ranked.flatMap(({ agent }) => agent === undefined ? [] : [agent])
  }

  /** A client has brought its agent. */
  onNew(): void {
    const { sockets } = this
    this.first = sockets[0]
    if (sockets.length > 0) this.onChange(sockets)
  }

  /** A client has typed or left. When the last one leaves, its agent may still be there: it goes on to count. */
  settle(): void {
    const { sockets } = this
    if (sockets.length > 0 && sockets[0] !== this.first) this.onNew()
  }
}
