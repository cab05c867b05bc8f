/** The end of a session's command: whoever waits for it hears of it, and a kept session says so on its screen. */
import { Control } from "../../schema/protocol/Control.ts"
import { encodeOffset, FrameType } from "../../schema/protocol/Frame.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"

/** Output of a command for who waits for it, at the most: what every scrollback holds raw. */
const CAPTURE_BYTES = 1024 * 1024

/** Characters of a command in an announcement: a line of a terminal. */
const COMMAND_CHARACTERS = 60

/** How a command ended, and the offset of the first output byte that is not its own. */
export interface CommandEnd {
  readonly status: ExitStatus
  readonly offset: number
}

/** The last parts, cut off at so many bytes. */
const firstBytes = (parts: ReadonlyArray<Buffer>, length: number): ReadonlyArray<Buffer> => {
  const kept: Array<Buffer> = []
  let room = length
  for (const part of parts) {
    if (room <= 0) break
    kept.push(part.subarray(0, room))
    room -= part.length
  }
  return kept
}

/** Tells who waits for the command: the last of its output, as far as it is held, and how it ended. */
export const tellEnd = (peer: Peer, model: ScrollbackModel, { offset, status }: CommandEnd): void => {
  const capture = Math.min(peer.hello?.command?.capture ?? 0, CAPTURE_BYTES)
  const from = Math.min(offset, Math.max(model.first(), offset - capture))
  const parts = capture === 0 ? [] : firstBytes(model.since(from) ?? [], offset - from)
  let at = offset - bytesOf(parts)
  // At least one: its offset says how much came before.
  for (const group of parts.length === 0 ? [[]] : inFrames(parts)) {
    peer.connection.send(FrameType.output, encodeOffset(at), ...group)
    at += bytesOf(group)
  }
  peer.connection.send(FrameType.exit, Control.exit.encode(status))
  peer.connection.end()
}

/** The line that a kept session shows after its command, with no control character of the command's own. */
export const announcement = (command: ReadonlyArray<string>, { code, signal }: ExitStatus): string => {
  const characters = [...visible(command.join(" ").slice(0, 2 * COMMAND_CHARACTERS))]
  const short = characters.length > COMMAND_CHARACTERS
  const words = short ? `${characters.slice(0, COMMAND_CHARACTERS - 3).join("")}...` : characters.join("")
  return `[${words} ended ${signal === undefined ? `with status ${code}` : `by signal ${signal}`}]\r\n`
}
