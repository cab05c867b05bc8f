/** The end of a session's command: sent to the clients that wait for it, and announced on a kept session's screen. */
import { Control } from "../../schema/protocol/Control.ts"
import { encodeOffset, FrameType } from "../../schema/protocol/Frame.ts"
import type { ExitStatus } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import type { ScrollbackModel } from "../../services/Scrollback.ts"
import { bytesOf, inFrames } from "./frameSized.ts"
import type { Peer } from "./peer.ts"

/** Most output of a command that a waiting client gets: what every scrollback holds raw. */
const CAPTURE_BYTES = 1024 * 1024

/** Longest command in an announcement, which fits into a terminal's line. */
const COMMAND_CHARACTERS = 60

/** How a command ended, and the offset of the first output byte that is not its own. */
export interface CommandEnd {
  readonly status: ExitStatus
  readonly offset: number
}

/** The first `length` bytes. */
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

/** The last `wanted` bytes of the command's output, as far as the scrollback holds them, and what comes before. */
export const commandOutput = (model: ScrollbackModel, { offset }: Pick<CommandEnd, "offset">, wanted: number) => {
  const capture = Math.min(wanted, CAPTURE_BYTES)
  const from = Math.min(offset, Math.max(model.first(), offset - capture))
  const parts = capture === 0 ? [] : firstBytes(model.since(from) ?? [], offset - from)
  return { parts, at: offset - bytesOf(parts) }
}

/**
 * Tells a client that waits for the command: the end of its output, as far as the scrollback holds it, and its status.
 */
export const sendCommandEnd = (peer: Peer, model: ScrollbackModel, end: CommandEnd): void => {
  const { status } = end
  const { at: first, parts } = commandOutput(model, end, peer.hello?.command?.capture ?? 0)
  let at = first
  // At least one frame: its offset says how much came before.
  for (const group of parts.length === 0 ? [[]] : inFrames(parts)) {
    peer.connection.send(FrameType.output, encodeOffset(at), ...group)
    at += bytesOf(group)
  }
  peer.connection.send(FrameType.exit, Control.exit.encode(status))
  // Such a client says when it has all.
  if (!peer.saysWhenDone) peer.connection.end()
}

/** The line that a kept session shows after its command. The command's control characters are escaped. */
export const announcement = (command: ReadonlyArray<string>, { code, signal }: ExitStatus): string => {
  const characters = [...visible(command.join(" ").slice(0, 2 * COMMAND_CHARACTERS))]
  const short = characters.length > COMMAND_CHARACTERS
  const shown = short ? `${characters.slice(0, COMMAND_CHARACTERS - 3).join("")}...` : characters.join("")
  return `[${shown} ended ${signal === undefined ? `with status ${code}` : `by signal ${signal}`}]\r\n`
}
