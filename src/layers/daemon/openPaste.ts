/**
 * A paste whose client has left before its end. The program would take all that is typed after it for the rest of the
 * paste: it waits for the mark of the end.
 */
import type { ClientInput } from "./peer.ts"

/** Around a paste, for a program that wants marks (xterm ctlseqs, Bracketed Paste Mode). */
const BEGIN = Buffer.from("\x1b[200~")
const END = Buffer.from("\x1b[201~")

export class OpenPaste {
  /** The client whose paste the program is in the middle of. */
  private client: ClientInput | undefined
  /** Clients whose paste was ended for them: they may reconnect, and send the rest. */
  private readonly interrupted = new WeakSet<ClientInput>()
  private readonly isMarked: () => boolean

  /** `isMarked`: the program wants marks around a paste. */
  constructor(isMarked: () => boolean) {
    this.isMarked = isMarked
  }

  /** What of a client's input is for the program, with the marks that are missing. `isPasting`: after these bytes. */
  marked(input: ClientInput, bytes: Buffer, isPasting: boolean): Buffer {
    const before: Array<Buffer> = []
    const { client } = this
    if (client !== undefined && client !== input && client.peer === undefined && bytes.length > 0) {
      this.client = undefined
      if (this.isMarked()) {
        this.interrupted.add(client)
        before.push(END)
      }
    }
    if (this.interrupted.delete(input) && this.isMarked()) before.push(BEGIN)
    if (isPasting) this.client = input
    else if (this.client === input) this.client = undefined
    return before.length === 0 ? bytes : Buffer.concat([...before, bytes])
  }
}
