/** A line of ours on the last row of a terminal that shows a session, and its end. Nothing scrolls, nothing stays set. */
import type { Size } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import type { ModeTracker } from "../vt/modes.ts"

/** Every character one column: anything else might take more of them than we know. */
const plain = (text: string): string => visible(text).replace(/[^ -~]/gu, "?")

/** What happens on the row, with cursor and pen saved, whatever the program has set. */
const onLastRow = ({ rows }: Size, modes: ModeTracker, act: string): Buffer => {
  const isOrigin = modes.modes.get(6) === true
  const isInsert = modes.ansi.get(4) === true
  // Held back by synchronized output nobody would see it.
  let before = modes.modes.get(2026) === true ? "\x1b[?2026l" : ""
  before += "\x1b7"
  if (modes.osc.link !== undefined) before += "\x1b]8;;\x1b\\"
  if (isInsert) before += "\x1b[4l"
  if (isOrigin) before += "\x1b[?6l"
  if (modes.charsets.size > 0) before += "\x1b(B\x0f"
  // Origin mode homes the cursor: before it is put back.
  let after = isOrigin ? "\x1b[?6h" : ""
  if (isInsert) after += "\x1b[4h"
  after += "\x1b8"
  if (modes.osc.link !== undefined) after += `\x1b]8;${modes.osc.link}\x1b\\`
  return Buffer.from(`${before}\x1b[${rows};1H${act}${after}`)
}

/** Shows the text in reverse video, from edge to edge. */
export const notice = (size: Size, modes: ModeTracker, text: string): Buffer =>
  onLastRow(size, modes, `\x1b[0;7m${plain(` ${text} `).slice(0, size.cols).padEnd(size.cols)}\x1b[0m`)

/** Takes it away. What was there before only the session knows. */
export const noNotice = (size: Size, modes: ModeTracker): Buffer => onLastRow(size, modes, "\x1b[0m\x1b[2K")
