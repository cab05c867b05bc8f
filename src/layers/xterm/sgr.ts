/** Attributes as the sequence that sets them, whatever they were before. */
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

/** `base` is 30 or 40. The sixteen colours and the first sixteen of 256 are told apart: terminals may show them apart. */
const colour = (word: number, base: number): string => {
  const mode = word & Xterm.COLOUR_MODE
  if (mode === 0) return ""
  const index = word & 0xff
  if (mode === Xterm.PALETTE_16) return `;${index < 8 ? base + index : base + 60 + index - 8}`
  if (mode === Xterm.PALETTE_256) return `;${base + 8};5;${index}`
  return `;${base + 8};2;${word >>> 16 & 0xff};${word >>> 8 & 0xff};${index}`
}

/** Subparameters, so that a terminal without coloured underlines passes over the whole. */
const underlineColour = (word: number): string => {
  const mode = word & Xterm.COLOUR_MODE
  // All ones: what xterm.js makes of SGR 59, the text's own colour.
  if (mode === 0 || (word & Xterm.COLOUR) === Xterm.COLOUR) return ""
  const index = word & 0xff
  return mode === Xterm.COLOUR_MODE
    ? `;58:2::${word >>> 16 & 0xff}:${word >>> 8 & 0xff}:${index}`
    : `;58:5:${index}`
}

/** The SGR sequence. `ext` is the extended word, which counts as far as the caller says. */
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
  // DECSCA. In some terminals SGR 0 ends it.
  return `\x1b[${params}m${bg & Xterm.PROTECTED ? "\x1b[1\"q" : ""}`
}
