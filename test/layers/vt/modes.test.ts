import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"
import { enter, keyboard } from "../../../src/layers/vt/enter.ts"
import { leave } from "../../../src/layers/vt/leave.ts"
import { ModeTracker } from "../../../src/layers/vt/modes.ts"
import { VtScanner } from "../../../src/layers/vt/scanner.ts"
import { recordings } from "../../support/differential.ts"
import { inPieces } from "../../support/pieces.ts"
import { modesState } from "../../support/terminalState.ts"

const after = (...parts: ReadonlyArray<string>): ModeTracker => {
  const modes = new ModeTracker(24)
  for (const part of parts) modes.push(Buffer.from(part, "latin1"))
  return modes
}

const left = (...parts: ReadonlyArray<string>): string => leave(after(...parts)).toString("latin1")

/** Always sent: ASCII, wrapping, a visible cursor, a plain pen. */
const ALWAYS = "\x1b(B\x0f\x1b[?7h\x1b[?25h"
const PLAIN = "\x1b[0m"

describe("leaving a terminal", () => {
  it.each<[string, string, string]>([
    ["nothing was changed", "text\r\n", ALWAYS + PLAIN],
    ["the cursor is within a line", "text", `${ALWAYS}${PLAIN}\r\n`],
    ["modes are on", "\x1b[?1h\x1b[?2004h\x1b[?1004h\n", `\x1b[?1l\x1b[?2004l\x1b[?1004l${ALWAYS}${PLAIN}`],
    ["modes were on", "\x1b[?1h\x1b[?2004h\x1b[?2004;1l\n", ALWAYS + PLAIN],
    ["the mouse is on", "\x1b[?1000h\x1b[?1006h\x1b[?1002h\n", `\x1b[?1002l\x1b[?1006l${ALWAYS}${PLAIN}`],
    ["the keypad is in application mode", "\x1b=\n", `\x1b>${ALWAYS}${PLAIN}`],
    ["insert mode is on", "\x1b[4h\n", `\x1b[4l${ALWAYS}${PLAIN}`],
    ["keyboards were pushed", "\x1b[>1u\x1b[>5u\x1b[<u\x1b[>7u\n", `\x1b[<2u${ALWAYS}${PLAIN}`],
    ["other keys are reported", "\x1b[>4;2m\n", `\x1b[>4;0m${ALWAYS}${PLAIN}`],
    ["the cursor has a shape", "\x1b[5 q\n", `${ALWAYS}\x1b[0 q${PLAIN}`],
    [
      "colours were changed",
      "\x1b]11;#123456\x07\x1b]4;1;red;2;blue\x07\x1b]104;1\x07\n",
      `${ALWAYS}\x1b]111\x1b\\\x1b]104;2\x1b\\${PLAIN}`
    ],
    ["colours were queried", "\x1b]11;?\x07\n", ALWAYS + PLAIN],
    ["the alternate screen shows", "\x1b[?1049h", `\x1b[?1049l${ALWAYS}${PLAIN}\r\n`],
    ["another alternate screen shows", "\x1b[?47h", `\x1b[?47l${ALWAYS}${PLAIN}\r\n`],
    [
      "the keyboard was pushed on both",
      "\x1b[>1u\x1b[?1049h\x1b[>3u",
      `\x1b[<1u\x1b[?1049l\x1b[<1u${ALWAYS}${PLAIN}\r\n`
    ],
    ["there is a scroll region", "\x1b[2;10r\n", `\x1b[r\x1b[9999;1H${ALWAYS}${PLAIN}`],
    ["the scroll region is the screen", "\x1b[1;24r\n", ALWAYS + PLAIN],
    ["origin mode is on", "\x1b[2;10r\x1b[?6h\n", `\x1b[?6l\x1b[r\x1b[9999;1H${ALWAYS}${PLAIN}`],
    ["another character set was designated", "\x1b)0\n", `\x1b(B\x1b)B\x0f\x1b[?7h\x1b[?25h${PLAIN}`],
    ["a link is open", "\x1b]8;;http://x\x07\n", `\x1b]8;;\x1b\\${ALWAYS}${PLAIN}`],
    ["a title was pushed", "\x1b[22;0t\x1b]0;mine\x07\n", `${ALWAYS}\x1b[23;0t${PLAIN}`],
    ["a progress bar shows", "\x1b]9;4;1;30\x07\n", `${ALWAYS}\x1b]9;4;0\x1b\\${PLAIN}`],
    ["output is synchronized", "\x1b[?2026h\n", `\x1b[?2026l${ALWAYS}${PLAIN}`],
    ["a sequence has only begun", "\n\x1b[3", `\x18${ALWAYS}${PLAIN}`],
    ["a title has only begun", "\n\x1b]0;ab", `\x18${ALWAYS}${PLAIN}`],
    ["all was reset", "\x1b[?1049h\x1b[?1000h\x1b[>1u\x1bc", ALWAYS + PLAIN]
  ])("when %s", (_, written, expected) => {
    assert.strictEqual(JSON.stringify(left(written)), JSON.stringify(expected))
    // The same wherever the output is cut.
    assert.strictEqual(left(...written), left(written))
  })

  it("twice undoes nothing more", () => {
    const modes = after("\x1b[?1049h\x1b[>1u\x1b[?1003h\x1b[3;9r\x1b[?6h\x1b=\x1b[4h\x1b]10;red\x07\x1b[3 q\x1b[>4;1m")
    modes.push(leave(modes))
    assert.strictEqual(leave(modes).toString("latin1"), ALWAYS + PLAIN)
  })
})

describe("the modes that are restored", () => {
  it.each(recordings().map(({ bytes, name }) => [name, bytes] as const))("are those of %s", (_, bytes) => {
    for (let end = 97; end < bytes.length; end += 997) {
      const modes = new ModeTracker(24)
      modes.push(bytes.subarray(0, end))
      if (modes.alternate !== 0 || modes.keyboards.alternate.length > 1 || modes.osc.link !== undefined) continue
      // Origin mode and the cursor are restored with the screen.
      const screen = `\x1b[?25l${modes.mode(6) === true ? "\x1b[?6h" : ""}`
      const again = after(Buffer.from(screen + keyboard(modes.keyboards.main) + enter(modes)).toString("latin1"))
      assert.deepStrictEqual(modesState(again), modesState(modes))
    }
  })
})

/** What a terminal is sent: what means something, and what breaks that. */
const PARTS: ReadonlyArray<string> = [
  ...["\x1b", "[", "]", "P", "\\", "m", "1", ";", "?", "(", "\x07", "\x18", "\x1a", "\n", "\x7f", "\x80", "\x9b"],
  ...["text", "x".repeat(300), "\xc3\xa9", "\x1b[31m", "\x1b]0;title\x07", "\x1b]8;;", "\x1bP$q", "\x1b\\", "\x1b_"]
]
const anyOutput = Arbitrary.map(
  Arbitrary.array(Arbitrary.schema(Schema.Literals(PARTS)), { maxLength: 40 }),
  (parts) => parts.map((part) => Buffer.from(part, "latin1"))
)

describe("the scanner", () => {
  it.prop("finds the same text and sequences, in the same order, wherever its input is cut", [inPieces(anyOutput)], (
    [{ pieces, whole }]
  ) => {
    const scan = (chunks: ReadonlyArray<Buffer>) => {
      const found: Array<readonly [kind: "text" | "sequence", bytes: string]> = []
      const scanner = new VtScanner({
        text: (bytes, from, to) => {
          const text = bytes.toString("latin1", from, to)
          const last = found.at(-1)
          if (last?.[0] === "text") found[found.length - 1] = ["text", last[1] + text]
          else found.push(["text", text])
        },
        sequence: (bytes, from, to) => void found.push(["sequence", bytes.toString("latin1", from, to)])
      })
      for (const chunk of chunks) scanner.push(chunk)
      return { found, pending: scanner.pending.toString("latin1"), grounded: scanner.grounded }
    }
    assert.deepStrictEqual(scan(pieces), scan([whole]))
  }, { arbitrary: { runs: 1000 } })

  const cut = (...parts: ReadonlyArray<string>) => {
    const found: Array<string> = []
    let text = ""
    const scanner = new VtScanner({
      text: (bytes, from, to) => text += bytes.toString("latin1", from, to),
      sequence: (bytes, from, to) => void found.push(bytes.toString("latin1", from, to))
    })
    for (const part of parts) scanner.push(Buffer.from(part, "latin1"))
    return { text, found, pending: scanner.pending.toString("latin1") }
  }

  it.each<[string, string, ReadonlyArray<string>, string, string]>([
    ["colours", "a\x1b[31mb\x1b[0mc", ["\x1b[31m", "\x1b[0m"], "abc", ""],
    ["a title that BEL ends", "\x1b]0;t\x07x", ["\x1b]0;t\x07"], "x", ""],
    ["a title that ST ends", "\x1b]0;t\x1b\\x", ["\x1b]0;t", "\x1b\\"], "x", ""],
    ["BEL within a device control string", "\x1bPa\x07b\x1b\\x", ["\x1bPa\x07b", "\x1b\\"], "x", ""],
    ["a string that another sequence ends", "\x1b]0;t\x1b[1mx", ["\x1b]0;t", "\x1b[1m"], "x", ""],
    ["a sequence that another breaks off", "\x1b[1\x1b[2mx", ["\x1b[2m"], "x", ""],
    ["a sequence that CAN breaks off", "\x1b[1\x18x\x1b]0;\x1ay", [], "xy", ""],
    ["a control within a sequence", "\x1b[1\n2m", ["\x1b[1\n2m"], "", ""],
    ["a charset", "\x1b(0q\x1b(B", ["\x1b(0", "\x1b(B"], "q", ""],
    ["a character within a sequence", "\x1b[1\xc3\xa9x", [], "\xc3\xa9x", ""],
    ["a sequence that has not ended", "x\x1b[1\n;2", [], "x", "\x1b[1;2"],
    ["a string that has not ended", "\x1b]0;t\n", [], "", "\x1b]0;t\n"]
  ])("takes %s apart, wherever it is cut", (_, bytes, found, text, pending) => {
    assert.deepStrictEqual(cut(bytes), { found, text, pending })
    assert.deepStrictEqual(cut(...bytes), { found, text, pending })
  })

  it("drops a string that is too long", () => {
    const parts = Array.from({ length: 300 }, () => "x".repeat(10_000))
    const { found, pending, text } = cut("\x1bPq", ...parts)
    assert.deepStrictEqual([found, text, pending], [[], "", "\x1bX"])
    assert.strictEqual(cut("\x1bPq", ...parts, "\x1b\\after").text, "after")
  })
})

describe("what is kept of a program's sequences is bounded", () => {
  it("the beginning of a title, in whole characters", () => {
    for (const length of [3000, 100_000, 2_000_000]) {
      const modes = new ModeTracker(24)
      const title = Buffer.from(`\x1b]2;${"é".repeat(length)}\x1b\\`)
      for (let at = 0; at < title.length; at += 65_536) modes.push(title.subarray(at, at + 65_536))
      assert.match(modes.osc.title ?? "", /^é{2000,4096}$/)
      assert.strictEqual(modes.pendingBytes, 0)
    }
  })

  it("no link that is too long, also where another was before", () => {
    const modes = after("\x1b]8;;http://a\x07", `\x1b]8;;http://${"a".repeat(10_000)}\x07`)
    assert.isUndefined(modes.osc.link)
  })

  it("a sequence that comes byte by byte as one that comes at once", () => {
    const sequence = `\x1b]2;${"title ".repeat(300)}\x07`
    const modes = after(...sequence)
    assert.strictEqual(modes.osc.title, "title ".repeat(300))
  })

  it("colours: those that are reset are gone, however many are named", () => {
    const set = Array.from({ length: 256 }, (_, index) => `\x1b]4;${index};#123456\x07`).join("")
    const modes = after(set, `\x1b]104;${Array.from({ length: 255 }, (_, index) => index).join(";")}\x07`)
    assert.deepStrictEqual([...modes.osc.colours.keys()], ["4;255"])
  })
})
