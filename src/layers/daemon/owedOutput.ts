/** Output of a command that its creator, on another machine, may not have got: its connection was dead at the end. */
import type { EndedOutput } from "../../schema/Session.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import { commandOutput } from "./commandEnd.ts"
import type { Peer } from "./peer.ts"
import type { SessionEnd } from "./sessionEnd.ts"

/** Clients that are remembered: a command has one creator. */
const MAX_CLIENTS = 8

export class OwedOutput {
  /** By their ids; each with its last connection. */
  private readonly clients = new Map<string, Peer>()

  private readonly model: ScrollbackModel
  private readonly sessionEnd: SessionEnd

  constructor(model: ScrollbackModel, sessionEnd: SessionEnd) {
    this.model = model
    this.sessionEnd = sessionEnd
  }

  /** A client has connected. */
  add(peer: Peer): void {
    const { client, command } = peer.hello!
    if (!peer.awaitsCommand || command!.capture === 0 || command!.remember !== true) return
    this.clients.set(client, peer)
    if (this.clients.size > MAX_CLIENTS) this.clients.delete(this.clients.keys().next().value!)
  }

  /** A connection is closed. After the end of the command it is the client that closes it, once it has all. */
  onClosed(peer: Peer): void {
    const client = peer.hello?.client
    if (this.sessionEnd.isCommandOver && client !== undefined && this.clients.get(client) === peer) {
      this.clients.delete(client)
    }
  }

  /** What is owed to the client that wanted most of it. */
  take(): EndedOutput | undefined {
    const end = this.sessionEnd.commandEnd
    if (end === undefined || this.clients.size === 0) return undefined
    const captures = Array.from(this.clients.values(), ({ hello }) => hello!.command!.capture)
    const { at, parts } = commandOutput(this.model, end, Math.max(...captures))
    return { before: at, base64: Buffer.concat(parts).toString("base64") }
  }
}
