import { assert, describe, it } from "@effect/vitest"
import { Display } from "../../../src/layers/attach/display.ts"
import { incomplete } from "../../../src/layers/vt/utf8.ts"
import { type Engine, type Instance } from "../../../src/layers/xterm/load.ts"
import { XtermTerminal } from "../../../src/layers/xterm/model.ts"
import { encodeOffset, RESTORE_LAST, RESTORE_OVER } from "../../../src/schema/protocol/Frame.ts"
import type { OpenTty } from "../../../src/services/Tty.ts"
import { engine, points, type Recording, recordings, Shown, states } from "../../support/differential.ts"
import { terminalState } from "../../support/terminalState.ts"

/** Offsets at which the connection breaks in each recording; `RESTORE_POINTS` sets another number. */
const POINTS = Number(process.env["RESTORE_POINTS"] ?? 6)

const HISTORY = 5000
const TEXT = "connection to web lost, next try in 3 s"

/** The notice, in the last row. */
const noticeRow = (cols: number) => `\x1b[0;7m${` ${TEXT} `.slice(0, cols).padEnd(cols)}`

/** Joins characters that are cut: xterm.js loses some of these (their middle byte 0x80: dashes, quotes). */
class WholeCharacters extends Shown {
  private cutCharacter: Buffer = Buffer.alloc(0)

  override write(chunk: Buffer): void {
    const bytes = Buffer.concat([this.cutCharacter, chunk])
    const end = bytes.length - incomplete(bytes)
    this.cutCharacter = bytes.subarray(end)
    super.write(bytes.subarray(0, end))
  }
}

/** A client's terminal, a session's model, and a terminal whose connection never breaks. */
class Scene {
  readonly reference: Shown
  readonly fresh: Shown
  readonly model: XtermTerminal
  private readonly display: Display
  private readonly bytes: Buffer

  constructor(engine: Engine, { bytes, cols, rows }: Pick<Recording, "bytes" | "cols" | "rows">, from: number) {
    this.bytes = bytes
    this.reference = new WholeCharacters(engine, cols, rows)
    this.fresh = new WholeCharacters(engine, cols, rows)
    this.model = new XtermTerminal(engine, { cols, rows }, HISTORY)
    this.display = new Display({
      isTerminal: true,
      size: { cols, rows },
      onFull: () => {},
      onQuery: () => {},
      onReporting: () => {}
    })
    this.display.show({ write: (bytes) => (this.fresh.write(bytes), true) } as Partial<OpenTty> as OpenTty)
    this.model.write(bytes.subarray(0, from))
    const restore = Buffer.concat([...this.model.restore({ history: HISTORY })])
    this.reference.write(restore)
    this.restore(from, RESTORE_LAST, restore)
  }

  /** Live output, for both terminals. */
  live(from: number, to: number): void {
    this.reference.write(this.bytes.subarray(from, to))
    this.output(from, to)
    this.model.write(this.bytes.subarray(from, to))
  }

  /** The connection breaks, and the notice is shown. */
  cut(): void {
    this.display.showNotice("something longer that is said before it")
    this.display.showNotice(TEXT)
  }

  /** The client reconnects; meanwhile the session has gone on. */
  back(from: number, to: number): void {
    this.reference.write(this.bytes.subarray(from, to))
    this.model.write(this.bytes.subarray(from, to))
    this.display.hideNotice()
    const point = this.display.resumePoint(true)!
    assert.isDefined(point.redraw)
    this.display.begin(point.output)
    this.output(point.output, to)
    const screen = this.model.restore({ history: 0, over: true })
    this.restore(to, RESTORE_LAST | RESTORE_OVER, Buffer.concat([...screen]))
  }

  dispose(): void {
    for (const shown of [this.reference, this.fresh]) shown.instance.terminal.dispose()
    this.model.dispose()
  }

  private output(from: number, to: number): void {
    for (let at = from; at < to; at += 1000) {
      const bytes = this.bytes.subarray(at, Math.min(to, at + 1000))
      assert.isTrue(this.display.output(Buffer.concat([encodeOffset(at), bytes])))
    }
  }

  private restore(offset: number, flags: number, bytes: Buffer): void {
    assert.isTrue(this.display.restore(Buffer.concat([encodeOffset(offset), Buffer.from([flags]), bytes])))
  }
}

const still = recordings().filter(({ resizes }) => resizes.length === 0)

describe("after a connection that broke", () => {
  it.each(still.map((recording) => [recording.name, recording] as const))(
    "%s looks as if the connection had not broken, with its history",
    async (_, recording) => {
      const loaded = await engine
      for (const point of points(recording, POINTS, 7)) {
        const scene = new Scene(loaded, recording, Math.floor(point / 2))
        scene.live(Math.floor(point / 2), point)
        scene.cut()
        scene.back(point, point)
        const verdict = states(scene.reference, scene.fresh)
        assert.isUndefined(verdict.difference, `at ${point}: ${verdict.difference}`)
        scene.live(point, recording.bytes.length)
        const later = states(scene.reference, scene.fresh)
        assert.isUndefined(later.difference, `at ${point}, later: ${later.difference}`)
        scene.dispose()
      }
    }
  )

  it.each(still.map((recording) => [recording.name, recording] as const))(
    "%s shows what it should where output was missed",
    async (_, recording) => {
      const loaded = await engine
      const { length } = recording.bytes
      for (const point of points(recording, POINTS, 11)) {
        const until = Math.min(length, point + 5000)
        const scene = new Scene(loaded, recording, Math.floor(point / 2))
        scene.live(Math.floor(point / 2), point)
        scene.cut()
        scene.back(point, until)
        const { cells, difference, modes, stand } = states(scene.reference, scene.fresh)
        assert.isTrue(cells && stand && modes, `at ${point}: ${difference}`)
        scene.dispose()
      }
    }
  )
})

const WIDE = { cols: 60, rows: 8 }
const NARROW = { cols: 20, rows: 3 }
const rowsOf = (instance: Instance) => terminalState(instance, 100)

describe("while there is no connection", () => {
  it.each(
    [
      ["a prompt", "$ ", WIDE],
      ["a full screen", `${Array.from({ length: 30 }, (_, index) => `line ${index}`).join("\r\n")}\r\n$ `, WIDE],
      ["a full-screen program", "before\x1b[?1049h\x1b[2J\x1b[Htop\x1b[8;1Hstatus\x1b[3;4H", WIDE],
      ["a scroll region", "\x1b[2;5r\x1b[3;1Htext", WIDE],
      ["origin mode", "\x1b[2;5r\x1b[?6h\x1b[2;3Htext", WIDE],
      ["a pen and a link", "\x1b[1;31;44m\x1b]8;id=x;http://a/b\x1b\\text", WIDE],
      ["insert mode", "text\x1b[4h\b\b", WIDE],
      ["line drawing", "\x1b(0lqk", WIDE],
      ["a narrow terminal", "$ ", NARROW]
    ] as const
  )("the last row says so, and all else stays as it was: %s", async (_, text, size) => {
    const loaded = await engine
    const scene = new Scene(loaded, { bytes: Buffer.from(text), ...size }, 0)
    scene.live(0, Buffer.byteLength(text))
    const before = rowsOf(scene.fresh.instance)
    scene.cut()
    const said = rowsOf(scene.fresh.instance)
    assert.strictEqual(said.cells.at(-1), noticeRow(size.cols))
    assert.deepStrictEqual(said.cells.slice(0, -1), before.cells.slice(0, -1))
    assert.deepStrictEqual(said.history, before.history)
    const stand = (state: typeof said) => {
      // No sequence restores what would join the last character.
      const { alternate, join: _, main, ...rest } = state.stand as Record<string, unknown>
      return { rest, regions: [main, alternate].map((screen) => (screen as { region?: string } | undefined)?.region) }
    }
    assert.deepStrictEqual(stand(said), stand(before))
    scene.back(Buffer.byteLength(text), Buffer.byteLength(text))
    assert.deepStrictEqual(rowsOf(scene.fresh.instance), before)
    scene.dispose()
  })
})

describe("a sequence or character that was cut", () => {
  it.each(
    [
      ["a title", "\x1b]0;title\x07"],
      ["a colour", "\x1b[38;5;123m"],
      ["a character", "\u2500"],
      ["a directory", "\x1b]7;file://host/home\x1b\\"]
    ] as const
  )("%s is whole afterwards, and not before", async (_, text) => {
    const loaded = await engine
    const cut = Buffer.from(text)
    const bytes = Buffer.concat([Buffer.from("$ "), cut, Buffer.from("x")])
    for (let at = 1; at < cut.length; at++) {
      const scene = new Scene(loaded, { bytes, ...WIDE }, 0)
      scene.live(0, 2 + at)
      scene.cut()
      scene.back(2 + at, 2 + at)
      assert.isUndefined(states(scene.reference, scene.fresh).difference)
      scene.live(2 + at, bytes.length)
      assert.isUndefined(states(scene.reference, scene.fresh).difference)
      scene.dispose()
    }
  })
})
