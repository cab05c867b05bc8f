/** Sets a session's modes on a terminal that is clean. */
import { type ModeTracker, ON_BY_DEFAULT } from "./modes.ts"

/**
 * Modes that belong to the screen (origin, wrapping, cursor) or the keypad, or are never set (synchronized output,
 * in-band sizes).
 */
const HANDLED_APART = new Set([6, 7, 25, 66, 2026, 2048])

/** Kitty keyboard flags, one push for each level. To be sent on the screen that they belong to. */
export const keyboard = (stack: ReadonlyArray<number>): string =>
  (stack[0] === 0 ? "" : `\x1b[=${stack[0]};1u`) + stack.slice(1).map((flags) => `\x1b[>${flags}u`).join("")

const names = (title: string | undefined, icon: string | undefined): string => {
  if (title === icon) return title === undefined ? "" : `\x1b]0;${title}\x1b\\`
  return (icon === undefined ? "" : `\x1b]1;${icon}\x1b\\`) + (title === undefined ? "" : `\x1b]2;${title}\x1b\\`)
}

/**
 * Sets again what `undo` has undone, on the screen that was shown then. Not what is lost with it: margins, origin mode,
 * and where the cursor was on an alternate screen.
 */
export const enterAgain = (tracker: ModeTracker): string => {
  const other = keyboard(tracker.keyboards.alternate)
  let bytes = keyboard(tracker.keyboards.main)
  if (tracker.alternate !== 0) bytes += `\x1b[?${tracker.alternate}h${other}`
  else if (other !== "") bytes += `\x1b[?47h${other}\x1b[?47l`
  for (const designator of tracker.charsets.values()) bytes += `\x1b${designator}`
  if (tracker.osc.link !== undefined) bytes += `\x1b]8;${tracker.osc.link}\x1b\\`
  if (tracker.modes.get(25) === false) bytes += "\x1b[?25l"
  return bytes + enter(tracker)
}

/**
 * Everything but the screen switch, keyboards, origin mode and the cursor. Moves nothing. The mouse comes last, so that
 * no report is made before the rest is set.
 */
export const enter = (tracker: ModeTracker): string => {
  let bytes = ""
  if (tracker.modes.get(7) === false) bytes += "\x1b[?7l"
  for (const [mode, on] of tracker.ansi) if (on) bytes += `\x1b[${mode}h`
  if (tracker.cursorShape !== 0) bytes += `\x1b[${tracker.cursorShape} q`
  for (const [key, value] of tracker.osc.colours) bytes += `\x1b]${key};${value}\x1b\\`
  for (const entry of tracker.osc.titles) bytes += `${names(entry.title, entry.icon)}\x1b[22;0t`
  bytes += names(tracker.osc.title, tracker.osc.icon)
  if (tracker.osc.cwd !== undefined) bytes += `\x1b]7;${tracker.osc.cwd}\x1b\\`
  if (tracker.osc.progress !== undefined) bytes += `\x1b]9;${tracker.osc.progress}\x1b\\`
  for (const [resource, value] of tracker.keyboards.resources) bytes += `\x1b[>${resource};${value}m`
  if (tracker.keypad) bytes += "\x1b="
  for (const [mode, on] of tracker.modes) {
    // Alternate scroll (1007) is on in some terminals and off in others: always set as the program did.
    if (!HANDLED_APART.has(mode) && (on !== ON_BY_DEFAULT.has(mode) || mode === 1007)) {
      bytes += `\x1b[?${mode}${on ? "h" : "l"}`
    }
  }
  if (tracker.mouseEncoding !== 0) bytes += `\x1b[?${tracker.mouseEncoding}h`
  if (tracker.mouse !== 0) bytes += `\x1b[?${tracker.mouse}h`
  if (tracker.modes.get(25) !== false) bytes += "\x1b[?25h"
  return bytes
}
