/** The session's size, which is that of its primary client's window, and who sees it in a window of another size. */
import type { Size } from "../../schema/Session.ts"
import type { PtyProcess } from "../../services/Pty.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import type { Screens } from "./broadcast.ts"
import type { Member } from "./peer.ts"
import type { Members } from "./peers.ts"

/** A window that has kept its size for so long is no longer being dragged. */
const SETTLED_MS = 150

export interface SizesParts {
  readonly program: Pick<PtyProcess, "resize">
  readonly model: Pick<ScrollbackModel, "resize">
  readonly members: Members
  readonly screens: Screens
  readonly after: (ms: number, run: () => void) => void
  /** Sends what was written for the size so far. */
  readonly flush: () => void
}

export class Sizes {
  private current: Size
  private readonly parts: SizesParts

  constructor(born: Size, parts: SizesParts) {
    this.current = born
    this.parts = parts
  }

  get now(): Size {
    return this.current
  }

  /**
   * Whoever shows the session as it was for another size gets it anew. Not the one whose own window changed: its terminal
   * has wrapped its lines anew itself, and the program will do the rest.
   */
  set(size: Size | undefined, by?: Member): void {
    if (size === undefined || (size.cols === this.current.cols && size.rows === this.current.rows)) return
    const { flush, members, model, program, screens } = this.parts
    flush()
    this.current = size
    model.resize(size)
    program.resize(size)
    for (const member of members.list()) {
      if (member.state === "live" && member.shows && member !== by) screens.restore(member, false)
    }
  }

  /** A window has another size. If it does not lead, it gets a picture for that size once it has settled. */
  changed(member: Member, size: Size): void {
    const { after, flush, members, screens } = this.parts
    member.size = size
    if (member === members.primary) return this.set(size, member)
    if (!member.shows) return
    after(SETTLED_MS, () => {
      if (member.size !== size || member === members.primary || member.state !== "live") return
      flush()
      screens.restore(member, false)
    })
  }
}
