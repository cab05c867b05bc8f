/** Makes a terminal clean again, after a program that did not do it itself. */
import { type ModeTracker, ON_BY_DEFAULT } from "./modes.ts"

/** Below any terminal's last row: the cursor stops at the last. */
const BOTTOM_ROW = 9999

/** Modes that {@link undo} handles apart. */
const HANDLED_APART = new Set([6, 7, 25, 66])

/** Pops what was pushed on the current screen, by exact depth: earlier entries stay. */
const keyboard = (stack: ReadonlyArray<number>): string =>
  (stack.length > 1 ? `\x1b[<${stack.length - 1}u` : "") + (stack[0] === 0 ? "" : "\x1b[=0;1u")

const colours = (keys: Iterable<string>): string => {
  let bytes = ""
  for (const key of keys) {
    const [code, index] = key.split(";")
    bytes += index === undefined ? `\x1b]1${code}\x1b\\` : `\x1b]10${code};${index}\x1b\\`
  }
  return bytes
}

/** As {@link undo}, and moves the cursor to the beginning of a line. */
export const leave = (tracker: ModeTracker): Buffer =>
  Buffer.from(undo(tracker) + (!tracker.lineStart || tracker.alternate !== 0 ? "\r\n" : ""))

/** Undoes what the program has set, and no more. Not a full reset, which would erase the user's screen. */
export const undo = (tracker: ModeTracker): string => {
  let bytes = ""
  // CAN ends a sequence that has begun.
  if (!tracker.grounded) bytes += "\x18"
  if (tracker.osc.link !== undefined) bytes += "\x1b]8;;\x1b\\"
  if (tracker.mouse !== 0) bytes += `\x1b[?${tracker.mouse}l`
  if (tracker.mouseEncoding !== 0) bytes += `\x1b[?${tracker.mouseEncoding}l`
  for (const [mode, on] of tracker.modes) {
    if (!HANDLED_APART.has(mode) && on !== ON_BY_DEFAULT.has(mode)) {
      // A mode that the program has switched off, and that not all terminals have on at the start, stays off.
      if (on || ON_BY_DEFAULT.has(mode)) bytes += `\x1b[?${mode}${on ? "l" : "h"}`
    }
  }
  if (tracker.keypad) bytes += "\x1b>"
  for (const [mode, on] of tracker.ansi) if (on) bytes += `\x1b[${mode}l`
  for (const resource of tracker.keyboards.resources.keys()) {
    bytes += resource === 4
      ? "\x1b[>4;0m"
      : `\x1b[>${resource}m`
  }

  let moved = false
  let origin = tracker.modes.get(6) === true
  const unbind = (region: boolean) => {
    if (origin) bytes += "\x1b[?6l"
    if (region) bytes += "\x1b[r"
    moved ||= origin || region
    origin = false
  }
  if (tracker.alternate !== 0) {
    bytes += keyboard(tracker.keyboards.alternate)
    unbind(tracker.region.alternate)
    bytes += `\x1b[?${tracker.alternate}l`
    // Only 1049 restores the cursor's position.
    if (tracker.alternate === 1049) moved = false
  } else {
    const other = keyboard(tracker.keyboards.alternate)
    if (other !== "") bytes += `\x1b[?47h${other}\x1b[?47l`
  }
  bytes += keyboard(tracker.keyboards.main)
  unbind(tracker.region.main)
  // Both move the cursor to the top: what follows must not overwrite the top of the screen.
  if (moved) bytes += `\x1b[${BOTTOM_ROW};1H`

  bytes += "\x1b(B"
  for (const slot of tracker.charsets.keys()) {
    if (slot !== "(") bytes += `\x1b${slot === "-" ? ")" : slot === "." ? "*" : slot}B`
  }
  bytes += "\x0f\x1b[?7h\x1b[?25h"
  if (tracker.cursorShape !== 0) bytes += "\x1b[0 q"
  bytes += colours(tracker.osc.colours.keys())
  if (tracker.osc.progress !== undefined) bytes += "\x1b]9;4;0\x1b\\"
  // Back to the title that the program found.
  bytes += "\x1b[23;0t".repeat(tracker.osc.titles.length)
  return `${bytes}\x1b[0m`
}
