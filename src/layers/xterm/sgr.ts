/** Attributes as an SGR sequence that sets them, independent of earlier ones. */
import * as Xterm from "./internals.ts"

const FG_FLAGS: ReadonlyArray<readonly [number, string]> = [
  [Xterm.BOLD, ";1"],
  [Xterm.BLINK, ";5"],
  [Xterm.INVERSE, ";7"],
  [Xterm.INVISIBLE, ";8"],
  [Xterm.STRIKETHROUGH, ";9"]
]

const BG_FLAGS: ReadonlyArray<readonly [number, string]> = [
  [Xterm.DIM, ";2"],
  [Xterm.ITALIC, ";3"],
  [Xterm.OVERLINE, ";53"]
]

/**
 * `base` is 30 or 40. Keeps the sixteen colours and the first sixteen of 256 apart: terminals may differ about them.
 */
const colour = (word: number, base: number): string => {
  const mode = word & Xterm.COLOUR_MODE
  if (mode === 0) return ""
  const index = word & 0xff
  if (mode === Xterm.PALETTE_16) return `;${index < 8 ? base + index : base + 60 + index - 8}`
  if (mode === Xterm.PALETTE_256) return `;${base + 8};5;${index}`
  return `;${base + 8};2;${word >>> 16 & 0xff};${word >>> 8 & 0xff};${index}`
}

/** Written with subparameters, so that a terminal without coloured underlines ignores it as a whole. */
const underlineColour = (word: number): string => {
  const mode = word & Xterm.COLOUR_MODE
  // xterm.js stores SGR 59, the text's own colour, as all ones.
  if (mode === 0 || (word & Xterm.COLOUR) === Xterm.COLOUR) return ""
  const index = word & 0xff
  return mode === Xterm.COLOUR_MODE
    ? `;58:2::${word >>> 16 & 0xff}:${word >>> 8 & 0xff}:${index}`
    : `;58:5:${index}`
}

/** The SGR sequence. `ext`: the bits of the extended word that are to be set. */
export const sgr = (fg: number, bg: number, ext: number): string => {
  if (fg === 0 && (bg & ~Xterm.HAS_EXTENDED) === 0 && ext === 0) return "\x1b[0m"
  let params = "0"
  for (const [flag, param] of BG_FLAGS) if (bg & flag) params += param
  for (const [flag, param] of FG_FLAGS) if (fg & flag) params += param
  if (fg & Xterm.UNDERLINE) {
    const style = ext >>> Xterm.STYLE_SHIFT & 7
    params += style <= 1 ? ";4" : `;4:${style}`
  }
  params += colour(fg, 30) + colour(bg, 40) + underlineColour(ext)
  // DECSCA, set again because SGR 0 ends it in some terminals.
  return `\x1b[${params}m${bg & Xterm.PROTECTED ? "\x1b[1\"q" : ""}`
}
