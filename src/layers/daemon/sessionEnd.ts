/** How a session and its command have ended, and the frames that say so. */
import { Control } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import { type CommandEnd, sendCommandEnd } from "./commandEnd.ts"
import type { Peer } from "./peer.ts"

export class SessionEnd {
  private status: ExitStatus | undefined
  private command: CommandEnd | undefined
  /** Who has been told of the command. */
  private readonly told = new WeakSet<Peer>()
  private readonly model: ScrollbackModel

  constructor(model: ScrollbackModel) {
    this.model = model
  }

  /** The session has ended. */
  get isOver(): boolean {
    return this.status !== undefined
  }

  /** The command has ended; the session may go on. */
  get isCommandOver(): boolean {
    return this.command !== undefined
  }

  /** How the command has ended, and where. */
  get commandEnd(): CommandEnd | undefined {
    return this.command
  }

  endCommand(status: ExitStatus): void {
    this.command = { status, offset: this.model.offset() }
  }

  /** Ends the command too, unless a kept session has outlived it. */
  endSession(status: ExitStatus): void {
    this.status = status
    if (this.command === undefined) this.endCommand(status)
  }

  /** Tells a client of the end that it waits for, if that has come, and ends the connection. */
  tell(peer: Peer): void {
    if (this.command !== undefined && peer.awaitsCommand) {
      if (this.told.has(peer)) return
      this.told.add(peer)
      return sendCommandEnd(peer, this.model, this.command)
    }
    if (this.status === undefined) return
    peer.connection.send(FrameType.exit, Control.exit.encode(this.status))
    peer.connection.end()
  }
}
