/** Loads xterm.js, and checks that it is the one that the serializer was written for. */
import type * as Graphemes from "@xterm/addon-unicode-graphemes"
import type * as Headless from "@xterm/headless"
import * as Cells from "./cells.ts"
import type { Charset, Core } from "./internals.ts"
import * as Limits from "./limits.ts"
import * as Links from "./links.ts"
import * as Screens from "./screens.ts"
import type { Designators } from "./serialize.ts"

/** A terminal of xterm.js, and its internals. */
export interface Instance {
  readonly terminal: Headless.Terminal
  readonly core: Core
  readonly links: Links.Links
}

export interface Engine {
  readonly make: (cols: number, rows: number, history: number) => Instance
  readonly designators: Designators
}

/** Designators of the character sets that xterm.js knows (common/data/Charsets.ts), one for each table. */
const CHARSETS = ["B", "0", "A", "4", "C", "R", "Q", "K", "Y", "E", "Z", "H", "="]

/** Output whose cells are known. */
const SAMPLE = "a\x1b[1;31mb\x1b(0q\x1b]8;;http://x\x1b\\\xe2\x9c\x8c\xef\xb8\x8f"

/** Exports of a CommonJS package: under `default` in Node, and maybe beside it in a bundle. */
const exported = (module: object): object =>
  "default" in module && typeof module.default === "object" && module.default !== null ? module.default : module

export const load = async (): Promise<Engine> => {
  const headless = exported(await import("@xterm/headless")) as typeof Headless
  const graphemes = await importGraphemes()

  const make = (cols: number, rows: number, history: number): Instance => {
    const terminal = new headless.Terminal({ cols, rows, scrollback: history, allowProposedApi: true, logLevel: "off" })
    terminal.loadAddon(new graphemes.UnicodeGraphemesAddon() as never)
    const { _core } = terminal as unknown as { readonly _core: Core }
    const links = Links.install(_core)
    Limits.install(_core)
    // RIS ends line feed mode and shows the cursor; xterm.js does neither.
    terminal.parser.registerEscHandler({ final: "c" }, () => {
      terminal.options.convertEol = false
      _core.coreService.isCursorHidden = false
      return false
    })
    return { terminal, core: _core, links }
  }
  const { core } = make(2, 2, 0)
  Cells.install(core)
  Screens.install(core)
  const designators = probeCharsets(core)
  test(make(20, 2, 10).core)
  return { make, designators }
}

/**
 * Imports the addon without a Buffer pool. It reads its table from a Buffer as if that began at the beginning of its
 * memory (0.4.0, third-party/unicode-trie.ts), which a pooled Buffer does not.
 */
const importGraphemes = async () => {
  const { poolSize } = Buffer
  Buffer.poolSize = 0
  try {
    return exported(
      await import("@xterm/addon-unicode-graphemes")
    ) as typeof Graphemes
  } finally {
    Buffer.poolSize = poolSize
  }
}

const probeCharsets = (core: Core): Designators => {
  const designators = new Map<Charset, string>()
  for (const name of CHARSETS) {
    core._inputHandler.parse(Buffer.from(`\x1b(${name}`))
    const charset = core._charsetService._charsets[0]
    if (!designators.has(charset)) designators.set(charset, name)
  }
  return designators
}

const expect = (holds: boolean, what: string): void => {
  if (!holds) throw new Error(`this @xterm/headless has another ${what}`)
}

/** Checks that every internal that is read exists and means what it should. */
const test = (core: Core): void => {
  core._inputHandler.parse(Buffer.from(SAMPLE, "latin1"))
  const { normal } = core.buffers
  const line = normal.lines.get(0)!
  const word = (index: number) => line._data[index] ?? 0
  expect(core.cols === 20 && core.rows === 2, "size")
  expect(core.buffers.active === normal && normal.ybase === 0 && normal.scrollBottom === 1, "buffer")
  const { lines } = normal
  expect(lines._array[0] === line && lines._startIndex === 0 && lines._length === 2 && lines.maxLength === 12, "ring")
  expect(normal._getCorrectBufferLength(normal._rows) === 12 && core.buffers._activeBuffer === normal, "set of screens")
  expect(normal.x === 5 && normal.savedX === 0 && normal.tabs[8] === true, "cursor")
  expect(word(0) === (1 << 22 | 0x61) && word(3) === (1 << 22 | 0x62) && word(4) === (0x8000000 | 0x1000001), "cell")
  expect(word(6) === (1 << 22 | 0x2500), "charset")
  // A victory hand with U+FE0F is one cluster of two columns: the graphemes addon has its table.
  expect(word(9) >>> 22 === 2 && line._combined[3] === "\u270c\ufe0f", "grapheme table")
  const { extended } = core._inputHandler._curAttrData
  expect(core._oscLinkService.getLinkData(extended._urlId)?.uri === "http://x", "link table")
  expect(line._extendedAttrs[3]?._urlId === extended._urlId && typeof extended._ext === "number", "attribute")
  expect(core._charsetService.charset !== undefined && core._charsetService.glevel === 0, "charset service")
  expect(core._inputHandler._parser.precedingJoinState !== 0, "parser")
  expect(typeof core._inputHandler._parser._oscParser._put === "function", "parser of strings")
  const { _eraseAttrData, _eraseInBufferLine, _resetBufferLine, _restrictCursor } = core._inputHandler
  const used = [_eraseAttrData, _eraseInBufferLine, _resetBufferLine, _restrictCursor, core._bufferService.scroll]
  expect(used.every((method) => typeof method === "function") && !core.coreService.modes.insertMode, "input handler")
  const { reverseWraparound, wraparound } = core.coreService.decPrivateModes
  expect(wraparound && reverseWraparound === false, "set of modes")
  expect((core.unicodeService.charProperties(0x301, 2) & 1) === 1, "unicode service")
}
