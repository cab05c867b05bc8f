/** Shows and removes a notice on the last row of a terminal. It scrolls nothing, and leaves no mode set. */
import type { Size } from "../../schema/Session.ts"
import { visible } from "../../schema/Text.ts"
import type { ModeTracker } from "../vt/modes.ts"

/** Only characters of one column: the width of others is not certain. */
const plain = (text: string): string => visible(text).replace(/[^ -~]/gu, "?")

/** Runs `act` on the last row, with cursor and pen saved, whatever modes the program has set. */
const onLastRow = ({ rows }: Size, modes: ModeTracker, act: string): Buffer => {
  const isOrigin = modes.modes.get(6) === true
  const isInsert = modes.ansi.get(4) === true
  // Synchronized output would hide the notice.
  let before = modes.modes.get(2026) === true ? "\x1b[?2026l" : ""
  before += "\x1b7"
  if (modes.osc.link !== undefined) before += "\x1b]8;;\x1b\\"
  if (isInsert) before += "\x1b[4l"
  if (isOrigin) before += "\x1b[?6l"
  if (modes.charsets.size > 0) before += "\x1b(B\x0f"
  // Origin mode homes the cursor, so it comes before the cursor is restored.
  let after = isOrigin ? "\x1b[?6h" : ""
  if (isInsert) after += "\x1b[4h"
  after += "\x1b8"
  if (modes.osc.link !== undefined) after += `\x1b]8;${modes.osc.link}\x1b\\`
  return Buffer.from(`${before}\x1b[${rows};1H${act}${after}`)
}

/** Shows the text in reverse video, from edge to edge. */
export const notice = (size: Size, modes: ModeTracker, text: string): Buffer =>
  onLastRow(size, modes, `\x1b[0;7m${plain(` ${text} `).slice(0, size.cols).padEnd(size.cols)}\x1b[0m`)

/** Removes it. Only the session can restore what was there before. */
export const noNotice = (size: Size, modes: ModeTracker): Buffer => onLastRow(size, modes, "\x1b[0m\x1b[2K")
