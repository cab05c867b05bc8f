/** Output of a command, until its creator, on another machine, has said that it has it: its connection may be dead. */
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
    if (!peer.saysWhenDone || command!.capture === 0) return
    this.clients.set(client, peer)
    if (this.clients.size > MAX_CLIENTS) this.clients.delete(this.clients.keys().next().value!)
  }

  /** The client has said that it has all. That its connection is closed says nothing: a dead one may be, too. */
  onDone(peer: Peer): void {
    const { client } = peer.hello!
    if (this.clients.get(client) === peer) this.clients.delete(client)
  }

  /** What is owed to the client that wanted most of it. The program has ended. */
  get output(): EndedOutput | undefined {
    if (this.clients.size === 0) return undefined
    const end = this.sessionEnd.commandEnd ?? { offset: this.model.offset() }
    const captures = Array.from(this.clients.values(), ({ hello }) => hello!.command!.capture)
    const { at, parts } = commandOutput(this.model, end, Math.max(...captures))
    return { before: at, base64: Buffer.concat(parts).toString("base64") }
  }
}
