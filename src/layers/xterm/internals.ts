/**
 * The parts of `@xterm/headless` 6.0.0 that the serializer reads. Most are not public: the version is pinned, and
 * `VtEngineXterm` tests at start that they are as written here. See src/common in xterm.js, tag 6.0.0.
 */

/** Attributes beyond colours and flags (common/buffer/AttributeData.ts). */
export interface Extended {
  /** Underline style at bit 26, underline colour below. */
  readonly _ext: number
  /** Number of the hyperlink, 0 for none. */
  readonly _urlId: number
}

/** The pen (common/buffer/AttributeData.ts). */
export interface Attributes {
  readonly fg: number
  readonly bg: number
  readonly extended: Extended
}

/** What cells are filled with (common/buffer/CellData.ts). */
export interface Cell {
  readonly content: number
  readonly fg: number
  readonly bg: number
}

/** A row (common/buffer/BufferLine.ts): three words a cell, content, fg, bg. */
export interface Line {
  readonly length: number
  isWrapped: boolean
  readonly _data: Uint32Array
  _combined: Record<number, string>
  _extendedAttrs: Record<number, Extended | undefined>
  readonly translateToString: (trimRight: boolean, from?: number, to?: number) => string
  readonly resize: (cols: number, fill: unknown) => boolean
  readonly getTrimmedLength: () => number
  readonly clone: () => Line
  readonly setCell: (index: number, cell: Cell) => void
  readonly setCellFromCodepoint: (index: number, code: number, width: number, attributes: Attributes) => void
  addCodepointToCell: (index: number, code: number, width: number) => void
  fill: (cell: Cell, respectProtect?: boolean) => void
  replaceCells: (from: number, to: number, cell: Cell, respectProtect?: boolean) => void
  insertCells: (at: number, count: number, cell: Cell) => void
  deleteCells: (at: number, count: number, cell: Cell) => void
  copyCellsFrom: (source: Line, from: number, to: number, count: number, reverse: boolean) => void
}

export type Charset = Readonly<Record<string, string>> | undefined

/** Rows, in a ring (common/CircularList.ts). */
export interface Lines {
  readonly length: number
  maxLength: number
  readonly get: (index: number) => Line | undefined
  readonly set: (index: number, line: Line) => void
  readonly trimStart: (count: number) => void
  readonly _array: Array<Line | undefined>
  _startIndex: number
  _length: number
}

/** A screen with its history (common/buffer/Buffer.ts). */
export interface Screen {
  readonly lines: Lines
  ybase: number
  ydisp: number
  /** Equal to the columns when the next character wraps. */
  x: number
  y: number
  scrollTop: number
  scrollBottom: number
  readonly tabs: Readonly<Record<number, boolean | undefined>>
  savedX: number
  savedY: number
  savedCurAttrData: Attributes & { readonly constructor: new() => Screen["savedCurAttrData"] }
  savedCharset: Charset
  readonly _rows: number
  readonly _bufferService: { readonly cols: number }
  _getCorrectBufferLength: (rows: number) => number
  readonly setupTabStops: () => void
  readonly fillViewportRows: () => void
  readonly getNullCell: (attributes?: Attributes) => Cell
  getBlankLine: (attributes: Attributes, isWrapped?: boolean) => Line
  clear: () => void
}

/** The screens of a terminal (common/buffer/BufferSet.ts). */
export interface Screens {
  readonly normal: Screen
  readonly alt: Screen
  readonly active: Screen
  _activeBuffer: Screen
  readonly _onBufferActivate: { readonly fire: (screens: { activeBuffer: Screen; inactiveBuffer: Screen }) => void }
  reset: () => void
}

/** Parameters of a sequence, 0 where left out (common/parser/Params.ts). */
export interface Params {
  readonly params: Int32Array
}

/** Gets the contents of a string in pieces, as code points (common/parser/OscParser.ts, DcsParser.ts). */
export interface StringParser {
  put: (codes: Uint32Array, from: number, to: number) => void
}

/** A handler is true when no other is to be called (common/parser/EscapeSequenceParser.ts). */
export interface Parser {
  readonly precedingJoinState: number
  readonly registerCsiHandler: (
    id: { readonly prefix?: string; readonly intermediates?: string; readonly final: string },
    handler: (params: Params) => boolean
  ) => void
  readonly registerOscHandler: (code: number, handler: {
    readonly start: () => void
    readonly put: (codes: Uint32Array, from: number, to: number) => void
    readonly end: (success: boolean) => boolean
  }) => void
  readonly clearOscHandler: (code: number) => void
  readonly clearDcsHandler: (id: { readonly intermediates: string; readonly final: string }) => void
  readonly _oscParser: StringParser & { _put: StringParser["put"]; readonly _active: ReadonlyArray<StringParser> }
  readonly _dcsParser: StringParser
}

/** What does the sequences (common/InputHandler.ts). */
export interface InputHandler {
  readonly parse: (bytes: Uint8Array) => void | Promise<boolean>
  readonly print: (codes: Uint32Array, from: number, to: number) => void
  readonly setHyperlink: (text: string) => boolean
  readonly _curAttrData: Attributes
  readonly _parser: Parser
  readonly _restrictCursor: (last?: number) => void
  readonly _eraseAttrData: () => Attributes
  readonly _eraseInBufferLine: (y: number, from: number, to: number, clearWrap: boolean, protect: boolean) => void
  readonly _resetBufferLine: (y: number, protect: boolean) => void
}

export interface Link {
  readonly id?: string | undefined
  readonly uri: string
}

export interface Core {
  readonly cols: number
  readonly rows: number
  readonly buffers: Screens
  readonly _inputHandler: InputHandler
  readonly _bufferService: { readonly scroll: (attributes: Attributes, isWrapped?: boolean) => void }
  readonly _charsetService: {
    readonly charset: Charset
    readonly glevel: number
    readonly _charsets: ReadonlyArray<Charset>
  }
  readonly _oscLinkService: {
    registerLink: (link: Link) => number
    addLineToLink: (id: number, y: number) => void
    getLinkData: (id: number) => Link | undefined
  }
  readonly unicodeService: { readonly charProperties: (code: number, preceding: number) => number }
  readonly coreService: {
    isCursorHidden: boolean
    readonly modes: { readonly insertMode: boolean }
    readonly decPrivateModes: { readonly wraparound: boolean; readonly reverseWraparound: boolean }
  }
  readonly resize: (cols: number, rows: number) => void
}

/** Words of a cell (common/buffer/Constants.ts). */
export const CELL = 3
/** Of the content word. */
export const CODE = 0x1fffff
export const COMBINED = 0x200000
export const CONTENT = CODE | COMBINED
export const WIDTH_SHIFT = 22
/** Of both colour words. */
export const COLOUR_MODE = 0x3000000
export const PALETTE_16 = 0x1000000
export const PALETTE_256 = 0x2000000
export const COLOUR = 0x3ffffff
/** Of the fg word. */
export const INVERSE = 0x4000000
export const BOLD = 0x8000000
export const UNDERLINE = 0x10000000
export const BLINK = 0x20000000
export const INVISIBLE = 0x40000000
export const STRIKETHROUGH = 0x80000000
/** Of the bg word. */
export const ITALIC = 0x4000000
export const DIM = 0x8000000
export const HAS_EXTENDED = 0x10000000
export const PROTECTED = 0x20000000
export const OVERLINE = 0x40000000
/** Of the extended word. */
export const STYLE_SHIFT = 26
