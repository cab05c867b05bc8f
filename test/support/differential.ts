/** A terminal that never left against one that was given a restore: where do they differ? */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { leave } from "../../src/layers/vt/leave.ts"
import { ModeTracker } from "../../src/layers/vt/modes.ts"
import { HAS_EXTENDED } from "../../src/layers/xterm/internals.ts"
import { type Engine, type Instance, load } from "../../src/layers/xterm/load.ts"
import { XtermTerminal } from "../../src/layers/xterm/model.ts"
import { resize } from "../../src/layers/xterm/resize.ts"
import { BLANK_LINE, modesState, type TerminalState, terminalState } from "./terminalState.ts"
import { random, torture } from "./torture.ts"

export interface Recording {
  readonly name: string
  readonly cols: number
  readonly rows: number
  readonly resizes: ReadonlyArray<{ readonly at: number; readonly cols: number; readonly rows: number }>
  readonly bytes: Buffer
}

const folder = Path.join(import.meta.dirname, "../fixtures/recordings")

/** What real programs wrote, and some that none would. */
export const recordings = (): ReadonlyArray<Recording> => {
  const index = JSON.parse(Fs.readFileSync(Path.join(folder, "index.json"), "utf8")) as ReadonlyArray<
    Omit<Recording, "bytes">
  >
  return [
    ...index.map(({ cols, name, resizes, rows }) => ({
      name,
      cols,
      rows,
      resizes,
      bytes: Fs.readFileSync(Path.join(folder, `${name}.bin`))
    })),
    ...[1, 2, 3, 4, 5].map((seed) => ({
      name: `torture${seed}`,
      cols: 40 + seed * 7,
      rows: 8 + seed * 3,
      resizes: [],
      bytes: torture(seed, 12_000, 40 + seed * 7, 8 + seed * 3)
    }))
  ]
}

export const engine: Promise<Engine> = load()

const HISTORY = 5000
const REPLAYED = 2000
const USER = Array.from({ length: 30 }, (_, index) => `user line ${index}`)

export class Shown {
  readonly instance: Instance
  readonly modes: ModeTracker
  readonly answers: Array<string> = []

  constructor(engine: Engine, cols: number, rows: number) {
    this.instance = engine.make(cols, rows, HISTORY)
    this.modes = new ModeTracker(rows)
    this.instance.terminal.onData((answer) => void this.answers.push(answer))
  }

  write(bytes: Buffer): void {
    this.modes.push(bytes)
    this.instance.core._inputHandler.parse(bytes)
  }

  resize(cols: number, rows: number): void {
    resize(this.instance.core, cols, rows)
    this.modes.resize(rows)
  }
}

/** Writes the bytes of a recording between two offsets, with its resizes. */
export const play = (
  { bytes, resizes }: Recording,
  from: number,
  to: number,
  terminal: { write: (bytes: Buffer) => void; resize: (cols: number, rows: number) => void }
): void => {
  let at = from
  for (const resize of resizes) {
    // At the point itself: the resize came before what follows.
    if (resize.at < from || resize.at >= to) continue
    if (resize.at > at) terminal.write(bytes.subarray(at, resize.at))
    terminal.resize(resize.cols, resize.rows)
    at = resize.at
  }
  if (to > at) terminal.write(bytes.subarray(at, to))
}

export interface Verdict {
  readonly point: number
  readonly cells: boolean
  readonly history: boolean
  readonly stand: boolean
  readonly modes: boolean
  readonly answered: ReadonlyArray<string>
  readonly lost: number
  readonly unclean: ReadonlyArray<string>
  /** The first difference, for people. */
  readonly difference: string | undefined
}

const differs = (a: unknown, b: unknown): string | undefined => {
  const left = JSON.stringify(a)
  const right = JSON.stringify(b)
  if (left === right) return undefined
  let at = 0
  while (left[at] === right[at]) at++
  return `${left.slice(Math.max(0, at - 60), at + 90)}\n   instead of\n${right.slice(Math.max(0, at - 60), at + 90)}`
}

/** Offsets to attach at: anywhere, inside sequences and characters among them. */
export const points = ({ bytes }: Recording, count: number, seed: number): ReadonlyArray<number> => {
  const next = random(seed)
  const awkward: Array<number> = []
  for (let at = 1; at < bytes.length; at++) {
    if (bytes[at - 1] === 0x1b || (bytes[at]! >= 0x80 && bytes[at]! < 0xc0) || bytes[at - 1] === 0x5b) awkward.push(at)
  }
  const chosen = new Set<number>([bytes.length])
  while (chosen.size < Math.min(count, bytes.length)) {
    const pick = awkward.length > 0 && next() < 0.3
      ? awkward[Math.floor(next() * awkward.length)]!
      : Math.floor(next() * bytes.length)
    chosen.add(pick)
  }
  return [...chosen].toSorted((a, b) => a - b)
}

/**
 * Reference and restored terminal at a point, and at the end of the recording. The restored one may have `more` rows:
 * blank ones, for as long as the program has not heard of another size.
 */
export const compareAt = (engine: Engine, recording: Recording, point: number, more = 0): Verdict => {
  const { bytes, cols, rows } = recording
  const reference = new Shown(engine, cols, rows)
  play(recording, 0, point, reference)
  const model = new XtermTerminal(engine, { cols, rows }, HISTORY)
  play(recording, 0, point, {
    write: (bytes) => model.write(bytes),
    resize: (cols, rows) => model.resize({ cols, rows })
  })
  const { core } = reference.instance
  const size = { cols: core.cols, rows: core.rows + more }
  const fresh = new Shown(engine, size.cols, size.rows)
  // Resizing brings lines back from the history: there the user's would be in one and not in the other.
  const user = recording.resizes.some(({ at }) => at >= point) ? [] : USER
  if (user.length > 0) fresh.write(Buffer.from(`${user.slice(0, -1).join("\r\n")}\r\n${user.at(-1)}`))
  const restored = new Shown(engine, size.cols, size.rows)
  const restore = model.restore({ history: REPLAYED, size })
  for (const part of restore) {
    fresh.write(part)
    restored.write(part)
  }
  const answered = [...fresh.answers]
  const kept = (index: number) => fresh.instance.core.buffers.normal.lines.get(index)?.translateToString(true).trimEnd()
  const lost = user.filter((line, index) => kept(index) !== line).length

  restored.write(leave(restored.modes))
  const live = new Shown(engine, cols, rows)
  play(recording, 0, point, live)
  live.write(leave(live.modes))
  const unclean = [...uncleanness(restored), ...uncleanness(live)]

  let verdict = states(reference, fresh)
  if (verdict.difference === undefined && point < bytes.length && more === 0) {
    play(recording, point, bytes.length, reference)
    play(recording, point, bytes.length, fresh)
    verdict = states(reference, fresh)
    if (verdict.difference !== undefined) verdict = { ...verdict, difference: `later: ${verdict.difference}` }
  }
  for (const shown of [reference, fresh, restored, live]) shown.instance.terminal.dispose()
  model.dispose()
  return { point, ...verdict, answered, lost, unclean }
}

/** Without so many blank rows at the end of its screens. */
const withoutMore = (state: TerminalState, { instance: { core: { buffers } } }: Shown, more: number): TerminalState => {
  const without = (lines: ReadonlyArray<string>) =>
    lines.slice(-more).every((line) => line === BLANK_LINE) ? lines.slice(0, -more) : lines
  if (more === 0) return state
  const history = buffers.active === buffers.alt ? without(state.history) : state.history
  return { ...state, cells: without(state.cells), history }
}

export const states = (reference: Shown, fresh: Shown) => {
  const height = (shown: Shown) => shown.instance.core.buffers.normal.ybase
  const history = Math.min(height(reference), height(fresh), REPLAYED)
  const a = terminalState(reference.instance, history)
  const b = withoutMore(
    terminalState(fresh.instance, history),
    fresh,
    fresh.instance.core.rows - reference.instance.core.rows
  )
  const cells = differs(b.cells, a.cells)
  const historyDiffers = differs(b.history, a.history) ??
    (height(fresh) < Math.min(height(reference), REPLAYED) ? "lines missing" : undefined)
  const stand = differs(b.stand, a.stand)
  const modes = differs(modesState(fresh.modes), modesState(reference.modes))
  return {
    cells: cells === undefined,
    history: historyDiffers === undefined,
    stand: stand === undefined,
    modes: modes === undefined,
    difference: cells ?? historyDiffers ?? stand ?? modes
  }
}

/** What is left behind on a terminal. */
const uncleanness = (shown: Shown): ReadonlyArray<string> => {
  const { core, terminal } = shown.instance
  const { active, normal } = core.buffers
  const pen = core._inputHandler._curAttrData
  const left: Array<string> = []
  const check = (clean: boolean, what: string) => {
    if (!clean) left.push(what)
  }
  check(active === normal, "alternate screen")
  check(normal.scrollTop === 0 && normal.scrollBottom === core.rows - 1, "scroll region")
  check(pen.fg === 0 && (pen.bg & ~HAS_EXTENDED) === 0 && pen.extended._urlId === 0, "pen")
  check(core._charsetService.charset === undefined && core._charsetService.glevel === 0, "charset")
  check(!core.coreService.isCursorHidden, "cursor")
  check(normal.x === 0, "column")
  const { modes } = terminal
  check(!modes.applicationCursorKeysMode && !modes.applicationKeypadMode && !modes.bracketedPasteMode, "keys")
  check(modes.mouseTrackingMode === "none" && !modes.sendFocusMode, "mouse")
  check(!modes.insertMode && !modes.originMode && modes.wraparoundMode, "insert, origin, wrap")
  const { cursorShape, keyboards, mouseEncoding, osc } = shown.modes
  check(keyboards.main.length === 1 && keyboards.main[0] === 0, "keyboard")
  check(mouseEncoding === 0, "mouse encoding")
  check(
    [...keyboards.resources.values()].every((value) => value === 0) && osc.colours.size === 0 && cursorShape === 0,
    "keys, colours, shape"
  )
  check(
    [...shown.modes.modes].every(([mode, on]) =>
      on === (mode === 7 || mode === 8 || mode === 25) || (!on && mode !== 7)
    ),
    "modes"
  )
  return left
}
