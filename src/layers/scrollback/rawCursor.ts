/**
 * Where the cursor is, from raw bytes: for queries that come before there is a terminal model, or without one. Follows
 * text and what moves the cursor (ECMA-48; xterm ctlseqs); nothing else counts.
 */
import type { Size } from "../../schema/Session.ts"
import { VtScanner } from "../vt/scanner.ts"
import { type Csi, parseCsi } from "../vt/sequence.ts"
import type { ByteRing } from "./byteRing.ts"

/** Longest output that is followed at once. Of more, the end, from an unknown place. */
const MAX_BYTES = 64 * 1024

const BS = 0x08
const TAB = 0x09
const LF = 0x0a
const FF = 0x0c
const CR = 0x0d

interface Place {
  readonly row: number
  readonly column: number
}

const HOME: Place = { row: 0, column: 0 }

/** Columns of a code point, in rough ranges (UAX 11, UAX 44): marks have none, East Asian characters and emoji two. */
const columnsOf = (point: number): number => {
  if ((point >= 0x300 && point < 0x370) || (point >= 0x200b && point < 0x2010) || (point >= 0xfe00 && point < 0xfe10)) {
    return 0
  }
  const isWide = (point >= 0x1100 && point < 0x1160) || (point >= 0x2e80 && point < 0xa4d0) ||
    (point >= 0xac00 && point < 0xd7a4) || (point >= 0xf900 && point < 0xfb00) || (point >= 0xfe30 && point < 0xfe70) ||
    (point >= 0xff00 && point < 0xff61) || (point >= 0x1f300 && point < 0x1fb00) || point >= 0x20000
  return isWide ? 2 : 1
}

/** One for each stream. */
export class RawCursor {
  private row = 0
  /** As many as there are columns: the next character goes to the next row. */
  private column = 0
  private saved = HOME
  /** Rows that scroll, counted from 0. */
  private top = 0
  private bottom: number
  private isOrigin = false
  private wraps = true
  /** Offset up to which the output was followed. */
  private at = 0
  private size: Size
  private readonly scanner = new VtScanner({
    text: (bytes, from, to) => this.text(bytes, from, to),
    sequence: (bytes, from, to) => this.sequence(bytes, from, to)
  })

  constructor(size: Size) {
    this.size = size
    this.bottom = size.rows - 1
  }

  /** The place after all of the ring's output. */
  after(ring: ByteRing): Place {
    const from = Math.max(this.at, ring.first, ring.offset - MAX_BYTES)
    for (const view of ring.views(from, ring.offset)) this.scanner.push(view)
    this.at = ring.offset
    const top = this.isOrigin ? this.top : 0
    return { row: Math.max(0, this.row - top), column: Math.min(this.column, this.size.cols - 1) }
  }

  /** To be called with the output before it followed: see `after`. */
  resize(size: Size): void {
    this.size = size
    this.top = 0
    this.bottom = size.rows - 1
    this.move(this.row, this.column)
  }

  private move(row: number, column: number): void {
    this.row = Math.max(0, Math.min(this.size.rows - 1, row))
    this.column = Math.max(0, Math.min(this.size.cols - 1, column))
  }

  private text(bytes: Buffer, from: number, to: number): void {
    const { cols } = this.size
    for (const character of bytes.toString("utf8", from, to)) {
      const point = character.codePointAt(0)!
      if (point < 0x20 || point === 0x7f) {
        this.control(point)
        continue
      }
      const columns = point < 0x7f ? 1 : columnsOf(point)
      if (this.column + columns > cols) {
        if (this.wraps) {
          this.lineFeed()
          this.column = 0
        } else this.column = Math.max(0, cols - columns)
      }
      this.column += columns
    }
  }

  private control(code: number): void {
    if (code === CR) this.column = 0
    else if (code >= LF && code <= FF) this.lineFeed()
    else if (code === BS) this.move(this.row, Math.min(this.column, this.size.cols - 1) - 1)
    else if (code === TAB) this.move(this.row, (Math.floor(this.column / 8) + 1) * 8)
  }

  private lineFeed(): void {
    if (this.row !== this.bottom && this.row < this.size.rows - 1) this.row++
  }

  private sequence(bytes: Buffer, from: number, to: number): void {
    const byte = bytes[from + 1]
    if (byte === 0x5b) {
      const csi = parseCsi(bytes, from, to)
      if (csi !== undefined) this.csi(csi)
    } else if (byte === 0x37) this.save()
    else if (byte === 0x38 && to - from === 2) this.restore()
    else if (byte === 0x44) this.lineFeed()
    else if (byte === 0x45) {
      this.lineFeed()
      this.column = 0
    } else if (byte === 0x4d && this.row !== this.top && this.row > 0) this.row--
    else if (byte === 0x63) this.reset()
  }

  private save(): void {
    this.saved = { row: this.row, column: this.column }
  }

  private restore(): void {
    this.row = Math.min(this.saved.row, this.size.rows - 1)
    this.column = Math.min(this.saved.column, this.size.cols)
  }

  private reset(): void {
    this.saved = HOME
    this.isOrigin = false
    this.wraps = true
    this.setRegion(0, this.size.rows - 1)
  }

  private setRegion(top: number, bottom: number): void {
    this.top = top
    this.bottom = bottom
    this.move(this.isOrigin ? top : 0, 0)
  }

  private csi({ final, intermediate, params, prefix }: Csi): void {
    if (intermediate !== 0) return
    const [first = -1, second = -1] = params
    const count = Math.max(1, first)
    if (prefix === 0x3f) {
      if (final === 0x68 || final === 0x6c) { for (const mode of params) this.setMode(mode, final === 0x68) }
      return
    }
    if (prefix !== 0) return
    const column = Math.min(this.column, this.size.cols - 1)
    const inRegion = this.row >= this.top && this.row <= this.bottom
    const origin = this.isOrigin ? this.top : 0
    switch (final) {
      // CUU, CUD, CUF, CUB, CNL, CPL; HPR, VPR
      case 0x41:
        return this.move(Math.max(this.row - count, inRegion ? this.top : 0), column)
      case 0x42:
      case 0x65:
        return this.move(Math.min(this.row + count, inRegion ? this.bottom : this.size.rows - 1), column)
      case 0x43:
      case 0x61:
        return this.move(this.row, column + count)
      case 0x44:
        return this.move(this.row, column - count)
      case 0x45:
        return this.move(Math.min(this.row + count, inRegion ? this.bottom : this.size.rows - 1), 0)
      case 0x46:
        return this.move(Math.max(this.row - count, inRegion ? this.top : 0), 0)
      // CHA, HPA; VPA; CUP, HVP
      case 0x47:
      case 0x60:
        return this.move(this.row, count - 1)
      case 0x64:
        return this.move(origin + count - 1, column)
      case 0x48:
      case 0x66:
        return this.move(origin + count - 1, Math.max(1, second) - 1)
      // DECSTBM
      case 0x72: {
        const top = count - 1
        const bottom = second > 0 ? Math.min(second, this.size.rows) - 1 : this.size.rows - 1
        return top < bottom ? this.setRegion(top, bottom) : undefined
      }
      case 0x73:
        return this.save()
      case 0x75:
        return this.restore()
      default:
        return undefined
    }
  }

  private setMode(mode: number, on: boolean): void {
    if (mode === 6) {
      this.isOrigin = on
      this.move(on ? this.top : 0, 0)
    } else if (mode === 7) this.wraps = on
    else if (mode === 1048 || mode === 1049) {
      if (on) this.save()
      else this.restore()
    }
  }
}
