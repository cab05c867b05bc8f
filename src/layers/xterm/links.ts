/**
 * The links of a terminal's cells (OSC 8). xterm.js keeps a marker for each line of each link, and moves all of them
 * with every scroll. Here a cell has the number of its link, and what no cell has any more is dropped now and then.
 */
import { isEmpty } from "./cells.ts"
import type { Core, Link, Screen } from "./internals.ts"
import * as Xterm from "./internals.ts"

/** Fewer new links than this are not worth a look at all lines. */
const MIN_NEW = 1024

/** The same for the length of their texts, in UTF-16 units. */
const MIN_NEW_UNITS = 256 * 1024

/** Most text of links: that of 5,000 lines with 25 links each. The oldest links go first. */
const MAX_UNITS = 16 * 1024 * 1024

/** What an entry takes beside its text. */
const ENTRY_UNITS = 100

interface Entry extends Link {
  readonly key: string
}

export class Links {
  private readonly entries = new Map<number, Entry>()
  /** Numbers by text. Links without an id have two, so that two of them beside each other stay two links. */
  private readonly numbers = new Map<string, number>()
  private next = 1
  /** The last link without an id. */
  private last: string | undefined
  private units = 0
  private lookAt = { size: MIN_NEW, units: MIN_NEW_UNITS }
  private readonly core: Core

  constructor(core: Core) {
    this.core = core
  }

  /** Number of links kept. */
  get size(): number {
    return this.entries.size
  }

  get(number: number): Link | undefined {
    return this.entries.get(number)
  }

  /** The number of a link that text is about to be marked with. */
  open({ id, uri }: Link): number {
    let key = `${id ?? ""};${uri}`
    if (id === undefined) {
      if (this.last === key) key = `;${key}`
      this.last = key
    }
    const known = this.numbers.get(key)
    if (known !== undefined) return known
    if (this.entries.size >= this.lookAt.size || this.units >= this.lookAt.units) this.sweep()
    const number = this.next++
    this.entries.set(number, { id, uri, key })
    this.numbers.set(key, number)
    this.units += unitsOf(key)
    return number
  }

  /** Drops what no cell has. A look at all lines, paid for by the links that came since the last one. */
  private sweep(): void {
    const used = new Set([this.core._inputHandler._curAttrData.extended._urlId])
    for (const screen of [this.core.buffers.normal, this.core.buffers.alt]) collect(screen, used)
    for (const number of this.entries.keys()) if (!used.has(number)) this.drop(number)
    for (const number of this.entries.keys()) {
      if (this.units <= MAX_UNITS) break
      this.drop(number)
    }
    this.lookAt = {
      size: Math.max(MIN_NEW, 2 * this.entries.size),
      units: Math.min(Math.max(MIN_NEW_UNITS, 2 * this.units), MAX_UNITS + MIN_NEW_UNITS)
    }
  }

  private drop(number: number): void {
    const { key } = this.entries.get(number)!
    this.entries.delete(number)
    this.numbers.delete(key)
    this.units -= unitsOf(key)
  }
}

const unitsOf = (key: string): number => key.length + ENTRY_UNITS

const collect = ({ lines }: Screen, used: Set<number>): void => {
  for (let y = 0; y < lines.length; y++) {
    const { _data, _extendedAttrs, length } = lines.get(y)!
    if (isEmpty(_extendedAttrs)) continue
    for (let x = 0; x < length; x++) {
      if (_data[x * Xterm.CELL + 2]! & Xterm.HAS_EXTENDED) used.add(_extendedAttrs[x]!._urlId)
    }
  }
}

/** Gives a terminal its links, in the place of xterm.js's service (common/services/OscLinkService.ts). */
export const install = (core: Core): Links => {
  const links = new Links(core)
  const service = core._oscLinkService
  service.registerLink = (link) => links.open(link)
  service.addLineToLink = () => {}
  service.getLinkData = (number) => links.get(number)
  return links
}
