/** Tells what a person does at a terminal from what the terminal reports by itself. */

/** Button bits of a mouse report: a movement, and "no button" (xterm ctlseqs, Mouse Tracking). */
const MOVEMENT = 32
const BUTTON = 3
const WHEEL = 64

/** A click or a turn of the wheel; not a movement, dragging included, nor a release. */
const isMousePress = (button: number): boolean =>
  (button & MOVEMENT) === 0 && ((button & WHEEL) !== 0 || (button & BUTTON) !== BUTTON)

/**
 * What terminals send by themselves, or as an answer: focus; `CSI ... n` (status, colour scheme), `c` (device
 * attributes), `R` (cursor), `t` (window, in-band size), `x`, `$ y` (modes), `? u` (keyboard flags), `? S` (graphics),
 * `> m` (modifyOtherKeys), `* y` and `& u` (checksums, character sets). F3 with a modifier looks like a cursor in
 * row 1: that key does not count.
 */
const REPORT = /^\x1b\[(?:[IO]|[?>=]?[0-9;:]*[cnRtx]|\??[0-9;]*\$y|\?[0-9;]*[uS]|>[0-9;]*m|[0-9;]*[*&][uy])$/

/** Event type 3 of a key report: a release (kitty keyboard protocol, "Event types"). */
const KEY_RELEASE = /^\x1b\[[0-9:]*;[0-9]*:3(?:;[0-9:]*)?[u~A-HPQS]$/

/** The fourth parameter of win32-input-mode is 0: the key is no longer down (Windows Terminal, "Win32 Input Mode"). */
const WIN32_RELEASE = /^\x1b\[[0-9]*;[0-9]*;[0-9]*;0?(?:;[0-9]*){0,2}_$/

const SGR_MOUSE = /^\x1b\[<([0-9]+);[0-9-]+;[0-9-]+([Mm])$/
const URXVT_MOUSE = /^\x1b\[([0-9]+);[0-9]+;[0-9]+M$/

/** Longest sequence that is looked at: keys and reports are shorter, but for strings. */
const MAX_LENGTH = 256

/** True for a key, a click, a turn of the wheel, or the beginning of a paste; false for a report or an answer. */
export const isTyping = (bytes: Buffer, from: number, to: number): boolean => {
  const introducer = bytes[from + 1]
  // ST: what it ends was an answer.
  if (introducer === 0x5c) return false
  // Alt with a character has no more than that; a title can be empty (xterm ctlseqs: OSC l, OSC L).
  if (introducer === 0x5d || introducer === 0x50 || introducer === 0x5f) {
    const isTitle = introducer === 0x5d && (bytes[from + 2] === 0x6c || bytes[from + 2] === 0x4c)
    return to - from <= 3 && !isTitle
  }
  if (introducer !== 0x5b) return true
  const text = bytes.toString("latin1", from, Math.min(to, from + MAX_LENGTH))
  if (text[2] === "M" && text.length > 3) return isMousePress((bytes[from + 3]! & 0xff) - 32)
  const [, sgr, final] = SGR_MOUSE.exec(text) ?? []
  if (sgr !== undefined) return final === "M" && isMousePress(Number(sgr))
  const [, urxvt] = URXVT_MOUSE.exec(text) ?? []
  if (urxvt !== undefined) return isMousePress(Number(urxvt) - 32)
  return !REPORT.test(text) && !KEY_RELEASE.test(text) && !WIN32_RELEASE.test(text)
}
