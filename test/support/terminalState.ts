/** What a terminal shows and how it stands, in a form that can be compared. */
import type { ModeTracker } from "../../src/layers/vt/modes.ts"
import type { Core, Extended, Line, Screen } from "../../src/layers/xterm/internals.ts"
import * as Xterm from "../../src/layers/xterm/internals.ts"
import type { Instance } from "../../src/layers/xterm/load.ts"
import { sgr } from "../../src/layers/xterm/sgr.ts"

/** Colour words keep bits of earlier colours that show nowhere. */
const attributes = (core: Core, fg: number, bg: number, extended: Extended | undefined, whole: boolean): string => {
  const ext = extended === undefined || (!whole && (bg & Xterm.HAS_EXTENDED) === 0) ? undefined : extended
  const link = ext === undefined || ext._urlId === 0 ? undefined : core._oscLinkService.getLinkData(ext._urlId)
  const word = ext === undefined ? 0 : ext._ext & (fg & Xterm.UNDERLINE ? 0x1fffffff : whole ? Xterm.COLOUR : 0)
  return sgr(fg, bg, word) + (link === undefined ? "" : `{${link.id ?? ""};${link.uri}}`)
}

/** The attributes without a background. */
const plainBlank = (attributes: string): string =>
  attributes.replace(/;(48;5;\d+|48;2;\d+;\d+;\d+|4[0-7]|10[0-7])(?=[;m])/, "")

/** The state of a line on which nothing was ever written. */
export const BLANK_LINE = "\x1b[0m\u2400"

export const lineState = (core: Core, line: Line): string => {
  let text = ""
  let last = ""
  let blanks = ""
  for (let x = 0; x < core.cols; x++) {
    const content = line._data[x * Xterm.CELL]!
    const width = content >>> Xterm.WIDTH_SHIFT
    const bg = line._data[x * Xterm.CELL + 2]!
    const now = attributes(core, line._data[x * Xterm.CELL + 1]!, bg, line._extendedAttrs[x], false)
    // Half a wide character: xterm.js keeps the whole of it, no terminal can show it.
    const half = width === 2 && (x + 1 === core.cols || line._data[(x + 1) * Xterm.CELL]! >>> Xterm.WIDTH_SHIFT !== 0)
    const character = half ? " " : content & Xterm.COMBINED
      ? line._combined[x]!
      : content & Xterm.CODE
      ? String.fromCodePoint(content & Xterm.CODE)
      : width === 0
      ? ""
      : "\u2400"
    // A blank with more than a background is what half a wide character leaves; only a space looks the same.
    const shown = character === "\u2400" && plainBlank(now) !== "\x1b[0m" ? " " : character
    const cell = (now === last ? "" : now) + shown
    last = now
    if (cell === "\u2400") blanks += cell
    else {
      text += blanks + cell
      blanks = ""
    }
  }
  return last === "\x1b[0m" ? text : text + blanks
}

const screen = (core: Core, buffer: Screen, history: number) => {
  const first = Math.max(0, buffer.ybase - history)
  const lines: Array<string> = []
  for (let index = first; index < buffer.ybase + core.rows; index++) {
    const line = buffer.lines.get(index)
    if (line === undefined) break
    lines.push((line.isWrapped && index > first ? "\u21aa" : "") + lineState(core, line))
  }
  return lines
}

const position = (core: Core, buffer: Screen) => ({
  saved: `${Math.max(0, buffer.savedY - buffer.ybase)},${Math.min(buffer.savedX, core.cols - 1)}`,
  savedPen: sgr(buffer.savedCurAttrData.fg, buffer.savedCurAttrData.bg, 0),
  savedCharset: charsetName(buffer.savedCharset),
  region: `${buffer.scrollTop}-${buffer.scrollBottom}`,
  tabs: Object.keys(buffer.tabs).filter((x) => Number(x) < core.cols && buffer.tabs[Number(x)]).join()
})

/** A letter, an accent, joiner, flag letter, emoji, Hangul vowel, Devanagari vowel and consonant, virama. */
const PROBES = [0x41, 0x301, 0x200d, 0x1f1e6, 0x1f469, 0x1161, 0x93f, 0x915, 0x94d]

/** What would join the last character: the state itself has several numbers for the same. */
const joins = (core: Core) => {
  const state = core._inputHandler._parser.precedingJoinState
  return state === 0 ? "none" : PROBES.map((code) => core.unicodeService.charProperties(code, state) & 7).join()
}

const charsetName = (charset: unknown): string => JSON.stringify(charset) ?? "ascii"

/** The tracker's state; its own on the bytes a terminal got. */
export const modesState = (modes: ModeTracker) => ({
  modes: [...modes.modes].filter(([mode, on]) => mode !== 2026 && on !== (mode === 7 || mode === 8 || mode === 25))
    .toSorted(([a], [b]) => a - b).filter(([, on], _, all) => on || all.length > 0).filter(([mode, on]) =>
      on || mode === 7 || mode === 25
    ),
  ansi: [...modes.ansi].filter(([, on]) => on),
  mouse: modes.mouse,
  mouseEncoding: modes.mouseEncoding,
  alternate: modes.alternate !== 0,
  keyboards: { main: modes.keyboards.main, alternate: modes.keyboards.alternate },
  keys: [...modes.keyboards.resources].toSorted(),
  cursorShape: modes.cursorShape,
  colours: [...modes.osc.colours].toSorted(),
  title: modes.osc.title,
  icon: modes.osc.icon,
  titles: modes.osc.titles,
  cwd: modes.osc.cwd,
  link: modes.osc.link,
  progress: modes.osc.progress
})

export interface TerminalState {
  readonly cells: ReadonlyArray<string>
  readonly history: ReadonlyArray<string>
  readonly stand: unknown
}

/** `history`: lines of it to look at. */
export const terminalState = ({ core }: Instance, history: number): TerminalState => {
  const { active, alt, normal } = core.buffers
  const inner = core as unknown as {
    readonly coreService: { readonly modes: object; readonly decPrivateModes: object; readonly isCursorHidden: boolean }
    readonly coreMouseService: { readonly activeProtocol: string; readonly activeEncoding: string }
  }
  const pen = core._inputHandler._curAttrData
  const main = screen(core, normal, history)
  return {
    cells: active === alt ? screen(core, alt, 0) : main.slice(-core.rows),
    history: active === alt ? main : main.slice(0, -core.rows),
    stand: {
      cursor: `${active.y},${active.x}`,
      pen: attributes(core, pen.fg, pen.bg, pen.extended, true).replace(/\{.*/s, ""),
      screen: active === alt ? "alternate" : "main",
      charset: charsetName(core._charsetService.charset),
      shift: core._charsetService.glevel,
      charsets: [0, 1, 2, 3].filter((slot) => slot !== core._charsetService.glevel)
        .map((slot) => charsetName(core._charsetService._charsets[slot])),
      main: position(core, normal),
      ...(active === alt ? { alternate: position(core, alt) } : {}),
      modes: { ...inner.coreService.decPrivateModes, synchronizedOutput: false, cursorStyle: "", cursorBlink: "" },
      insert: inner.coreService.modes,
      hidden: inner.coreService.isCursorHidden,
      mouse: [inner.coreMouseService.activeProtocol, inner.coreMouseService.activeEncoding],
      join: joins(core)
    }
  }
}
