import { assert, describe, it } from "@effect/vitest"
import { PendingQueries } from "../../../src/layers/vt/pendingQueries.ts"

const bytes = (text: string) => Buffer.from(text, "latin1")

/** What a client types. */
class Client {
  private readonly queries = new PendingQueries(() => {})

  isTyping(text: string): boolean {
    const input = bytes(text)
    const { bytes: passed, isTyping } = this.queries.typed(input, 0)
    assert.isTrue(passed.equals(input), "all of it is for the program")
    return isTyping
  }
}

const REPORTS: ReadonlyArray<readonly [string, string]> = [
  ["focus that comes", "\x1b[I"],
  ["focus that goes", "\x1b[O"],
  ["a dark theme", "\x1b[?997;1n"],
  ["a light theme", "\x1b[?997;2n"],
  ["the mouse that moves over it", "\x1b[<35;10;5M"],
  ["the mouse that moves with Ctrl held", "\x1b[<51;10;5M"],
  ["the mouse that drags", "\x1b[<32;10;5M"],
  ["a button that is released", "\x1b[<0;10;5m"],
  ["the mouse in pixels, beyond the edge", "\x1b[<35;-3;500M"],
  ["the mouse that moves, as in X10", "\x1b[MC*%"],
  ["a release, as in X10", "\x1b[M#*%"],
  ["the mouse far to the right, as in X10", "\x1b[MC\xde\xc8"],
  ["the mouse that moves, as in urxvt", "\x1b[67;10;5M"],
  ["a size", "\x1b[48;24;80;480;640t"],
  ["a window's state", "\x1b[1t"],
  ["the window's size", "\x1b[8;24;80t"],
  ["its pixels", "\x1b[4;480;640t"],
  ["DA1", "\x1b[?62;4;22c"],
  ["DA2", "\x1b[>41;354;0c"],
  ["DA3", "\x1bP!|00000000\x1b\\"],
  ["a state", "\x1b[0n"],
  ["a cursor", "\x1b[7;7R"],
  ["a cursor with its page", "\x1b[?7;7;1R"],
  ["a mode", "\x1b[?2026;2$y"],
  ["an ANSI mode", "\x1b[4;2$y"],
  ["keyboard flags", "\x1b[?1u"],
  ["modifyOtherKeys", "\x1b[>4;2m"],
  ["a terminal's parameters", "\x1b[2;1;1;128;128;1;0x"],
  ["graphics", "\x1b[?1;0;256S"],
  ["a version", "\x1bP>|kitty(0.42)\x1b\\"],
  ["a setting", "\x1bP1$r2 q\x1b\\"],
  ["a capability", "\x1bP1+r544e=78\x1b\\"],
  ["a checksum", "\x1bP1!~0000\x1b\\"],
  ["a colour", "\x1b]11;rgb:1414/1919/1f1f\x1b\\"],
  ["a colour up to BEL", "\x1b]4;1;rgb:1414/1919/1f1f\x07"],
  ["a title", "\x1b]lvim\x1b\\"],
  ["no title", "\x1b]l\x1b\\"],
  ["no icon's name", "\x1b]L\x07"],
  ["the clipboard", `\x1b]52;c;${"QUJD".repeat(3000)}\x07`],
  ["an image", "\x1b_Gi=31;OK\x1b\\"],
  ["a key that is released", "\x1b[97;5:3u"],
  ["an arrow that is released", "\x1b[1;1:3A"],
  ["a key that is released in win32-input-mode", "\x1b[65;30;97;0;0;1_"]
]

const TYPING: ReadonlyArray<readonly [string, string]> = [
  ["a letter", "a"],
  ["Enter", "\r"],
  ["Ctrl-C", "\x03"],
  ["Alt with a letter", "\x1bx"],
  ["Alt with what begins a string", "\x1b]a"],
  ["Alt-Shift-P, then a letter", "\x1bPa"],
  ["Alt with an underscore, then Enter", "\x1b_\r"],
  ["Escape twice", "\x1b\x1b"],
  ["an arrow", "\x1b[A"],
  ["an arrow in application mode", "\x1bOA"],
  ["a function key", "\x1b[15;5~"],
  ["a function key of the Linux console", "\x1b[[A"],
  ["Shift-F4", "\x1b[1;2S"],
  ["Shift-Tab", "\x1b[Z"],
  ["a key in the kitty protocol", "\x1b[97;5u"],
  ["a key that repeats", "\x1b[97;5:2u"],
  ["a key under modifyOtherKeys", "\x1b[27;5;97~"],
  ["a paste", "\x1b[200~\x1b[201~"],
  ["a click", "\x1b[<0;10;5M"],
  ["the wheel", "\x1b[<64;10;5M"],
  ["the wheel downwards", "\x1b[<65;10;5M"],
  ["a click, as in X10", "\x1b[M *%"],
  ["a click, as in urxvt", "\x1b[32;10;5M"],
  ["a character of several bytes", "\xc3\xa9"]
]

describe("input of a terminal", () => {
  it.each(REPORTS)("is no typing: %s, alone, again and again, cut anywhere", (_, report) => {
    assert.isFalse(new Client().isTyping(report))
    assert.isFalse(new Client().isTyping(report.repeat(3)))
    const slowly = new Client()
    for (const byte of report.length > 100 ? [report] : report) assert.isFalse(slowly.isTyping(byte))
    assert.isTrue(slowly.isTyping("x"), "and what is typed after it is typing")
  })

  it.each(TYPING)("is typing: %s, also between reports", (_, typed) => {
    assert.isTrue(new Client().isTyping(typed))
    const detector = new Client()
    assert.isTrue(detector.isTyping(`\x1b[I${typed}\x1b[?997;1n`))
    assert.isFalse(detector.isTyping("\x1b[O"))
    assert.isTrue([...typed].map((byte) => detector.isTyping(byte)).includes(true))
  })

  it("is typing while a paste comes, whatever is in it", () => {
    const detector = new Client()
    detector.isTyping("\x1b[200~")
    for (const part of ["\x1b[I", "\x1b[O", "\x1b[20", "1~"]) assert.isTrue(detector.isTyping(part), part)
    assert.isFalse(detector.isTyping("\x1b[I"))
  })
})
