import { assert, describe, it } from "@effect/vitest"
import * as Result from "effect/Result"
import { ENTER, KeyScanner } from "../../../src/layers/attach/keyScanner.ts"
import { parseDetachKey } from "../../../src/schema/DetachKey.ts"

const scanner = (key = "^\\") => new KeyScanner([Result.getOrThrow(parseDetachKey(key))!])

/** Types chunk after chunk, as reads from a terminal; gives what was passed on and whether it detached. */
const type = (chunks: ReadonlyArray<string>, key?: string) => {
  const keys = scanner(key)
  let typed = ""
  for (const chunk of chunks) {
    const { bytes, key } = keys.push(Buffer.from(chunk, "latin1"))
    typed += bytes.toString("latin1")
    if (key !== undefined) return { typed, detach: true }
  }
  return { typed: typed + keys.flush().toString("latin1"), detach: false }
}

const PLAIN = "\x1c"
const KITTY = "\x1b[92;5u"
const XTERM = "\x1b[27;5;92~"

describe("the detach key", () => {
  it.each([
    ["as a control character", PLAIN],
    ["in the kitty keyboard protocol", KITTY],
    ["under modifyOtherKeys", XTERM],
    ["with Caps Lock and Num Lock on", "\x1b[92;197u"],
    ["as a press event", "\x1b[92;5:1u"],
    ["as a repeat", "\x1b[92;5:2u"],
    ["where the layout has another script on that key", "\x1b[1105::92;5u"],
    ["with Caps Lock, another script and its other case", "\x1b[1105:1025:92;69u"],
    ["in win32-input-mode", "\x1b[220;43;28;1;8;1_"],
    ["with alternate keys", "\x1b[92:124:92;5u"]
  ])("is recognised %s, alone, in the middle and split anywhere", (_, key) => {
    assert.deepStrictEqual(type([key]), { typed: "", detach: true })
    assert.deepStrictEqual(type([`ls\r${key}rest`]), { typed: "ls\r", detach: true })
    for (let at = 1; at < key.length; at++) {
      assert.deepStrictEqual(type([`x${key.slice(0, at)}`, key.slice(at)]), { typed: "x", detach: true })
    }
    assert.deepStrictEqual(type(["x", ...key]), { typed: "x", detach: true })
  })

  it.each([
    ["its release", "\x1b[92;5:3u"],
    ["the key without Ctrl", "\x1b[92;1u"],
    ["Ctrl-Alt with it", "\x1b[92;7u"],
    ["another key with Ctrl", "\x1b[97;5u"],
    ["another key under modifyOtherKeys", "\x1b[27;5;97~"],
    ["its release in win32-input-mode", "\x1b[220;43;28;0;8;1_"],
    ["another key in win32-input-mode", "\x1b[65;30;1;1;8;1_"],
    ["an arrow key", "\x1b[A"],
    ["a function key", "\x1b[15;5~"],
    ["a paste", "\x1b[200~text\x1b[201~"],
    ["a mouse report", "\x1b[<0;92;5M"],
    ["a lone Escape", "\x1b"],
    ["Alt-Escape", "\x1b\x1b"],
    ["a terminal's answer", "\x1b[?62;22c\x1b]11;rgb:0000/0000/0000\x1b\\"]
  ])("is not %s: every byte is passed on", (_, bytes) => {
    assert.deepStrictEqual(type([bytes]), { typed: bytes, detach: false })
    assert.deepStrictEqual(type([...bytes]), { typed: bytes, detach: false })
  })

  it("can be another one", () => {
    assert.deepStrictEqual(type(["a\x1cb\x11c"], "^q"), { typed: "a\x1cb", detach: true })
    assert.deepStrictEqual(type(["\x1b[113;5u"], "^q"), { typed: "", detach: true })
  })

  it("holds back no more than an unfinished report", () => {
    const keys = scanner()
    assert.strictEqual(keys.push(Buffer.from("abc")).bytes.toString(), "abc")
    assert.isFalse(keys.holds)
    keys.push(Buffer.from("\x1b[92"))
    assert.isTrue(keys.holds)
    assert.strictEqual(keys.push(Buffer.from("A")).bytes.toString("latin1"), "\x1b[92A")
    const long = `\x1b[${"1;".repeat(100)}`
    assert.strictEqual(keys.push(Buffer.from(long)).bytes.toString("latin1"), long)
  })
})

describe("the detach key on other keyboards", () => {
  it.each([
    ["Cyrillic", "^q", "\x1b[1081::113;5u"],
    ["Greek", "^a", "\x1b[945:913:97;5:1u"],
    ["Hebrew", "^]", "\x1b[1507::93;5u"],
    ["Arabic", "^q", "\x1b[1590::113;5;1590u"],
    ["US, with Shift in the character, by kitty's shifted key", "^_", "\x1b[45:95;6u"],
    ["US, with Shift in the character, without alternate keys", "^_", "\x1b[45;6u"],
    ["US, with Shift in the character, under modifyOtherKeys", "^_", "\x1b[27;6;95~"],
    ["US, with Shift in the character, in xterm's other format", "^_", "\x1b[95;6u"],
    ["German, where a backslash is on another key", "^\\", "\x1b[92::45;5u"]
  ])("is recognised: %s", (_, key, report) => {
    assert.deepStrictEqual(type([`x${report}y`], key), { typed: "x", detach: true })
    assert.deepStrictEqual(type([...report], key), { typed: "", detach: true })
  })

  it.each([
    ["French: Ctrl-a is where an English keyboard has q", "^q", "\x1b[97::113;5u"],
    ["German: Ctrl-# is where an English keyboard has the backslash", "^\\", "\x1b[35:39:92;5u"],
    ["Cyrillic without Ctrl", "^q", "\x1b[1081::113;1u"],
    ["Cyrillic, Ctrl-Shift", "^q", "\x1b[1081:1049:113;6u"],
    ["Cyrillic, released", "^q", "\x1b[1081::113;5:3u"],
    ["Ctrl-Shift with a letter", "^q", "\x1b[113:81;6u"],
    ["Ctrl-Shift with a letter under modifyOtherKeys", "^q", "\x1b[27;6;113~"],
    ["Ctrl-minus", "^_", "\x1b[45;5u"]
  ])("is another one: %s", (_, key, report) => {
    assert.deepStrictEqual(type([report], key), { typed: report, detach: false })
  })
})

describe("a paste", () => {
  const BEGIN = "\x1b[200~"
  const END = "\x1b[201~"

  it.each([
    ["the key's byte", `one${PLAIN}two`],
    ["the key's reports", `${KITTY}${XTERM}`],
    ["the mark of a beginning", `${BEGIN}${PLAIN}`],
    ["a mark that is not the end", `\x1b[201${PLAIN}\x1b[20\x1b[2001~${PLAIN}\x1b\x1b[201;1~${PLAIN}`],
    ["escapes", `\x1b${PLAIN}\x1b\x1b${PLAIN}`],
    ["the beginning of a string", `\x1b]0;${PLAIN}\x1bP1$r${PLAIN}\x1b_G${PLAIN}`],
    ["a mouse report", `\x1b[M${PLAIN}`]
  ])("with %s in it does not detach, wherever it is cut, and the key detaches after it", (_, data) => {
    const paste = `${BEGIN}${data}${END}`
    for (let at = 1; at < paste.length; at++) {
      const chunks = [paste.slice(0, at), paste.slice(at), `x${PLAIN}y`]
      assert.deepStrictEqual(type(chunks), { typed: `${paste}x`, detach: true })
    }
    assert.deepStrictEqual(type([...paste, PLAIN]), { typed: paste, detach: true })
  })

  it("is one however long each byte of its marks takes, and then holds nothing back", () => {
    const paste = `${BEGIN}${PLAIN}\x1b[92;5u${END}`
    const keys = scanner()
    let typed = ""
    for (const byte of paste) {
      const { bytes, key } = keys.push(Buffer.from(byte, "latin1"))
      assert.isUndefined(key)
      typed += bytes.toString("latin1") + keys.flush().toString("latin1")
      assert.strictEqual(typed, paste.slice(0, typed.length))
    }
    assert.strictEqual(typed, paste)
    assert.isDefined(keys.push(Buffer.from(PLAIN)).key)
  })

  it("that never ends is a paste for ever", () => {
    const keys = scanner()
    keys.push(Buffer.from(BEGIN))
    for (let n = 0; n < 100; n++) assert.isUndefined(keys.push(Buffer.from(`${PLAIN}${"x".repeat(n)}`)).key)
    assert.isTrue(keys.isPasting)
  })

  it("without marks is seen by its size: the key is in it only at its end", () => {
    const text = "a line of a file\n".repeat(10)
    assert.deepStrictEqual(type([`${text}${PLAIN}${text}`]), { typed: `${text}${PLAIN}${text}`, detach: false })
    assert.deepStrictEqual(type([`${text}${PLAIN}${PLAIN}`]), { typed: text, detach: true })
  })
})

describe("Enter, while it is a key of ours", () => {
  const keyOf = (typed: string) => {
    const keys = new KeyScanner([Result.getOrThrow(parseDetachKey("^\\"))!])
    const scanned = keys.push(Buffer.from(typed), [ENTER])
    return [scanned.key?.code, scanned.bytes.toString()]
  }

  it.each(["\r", "\x1b[13u", "\x1b[13;1u", "\x1b[13;1:1u", "\x1b[13;2u", "\x1b[27;2;13~", "\x1b[13;28;13;1;0;1_"])(
    "is found as %j",
    (enter) => {
      assert.deepStrictEqual(keyOf(enter), [13, ""])
      assert.deepStrictEqual(keyOf(`password${enter}more\x1c`), [13, "password"])
    }
  )

  it("is no other key, no release, and nothing in a marked paste", () => {
    for (const typed of ["\n", "\x1b[13;5u", "\x1b[13;1:3u", "\x1b[13;28;13;0;0;1_", "\x1b[200~password\r\x1b[201~"]) {
      assert.isUndefined(keyOf(typed)[0], JSON.stringify(typed))
    }
    assert.deepStrictEqual(keyOf("x\x1cy\r"), [92, "x"])
  })
})

describe("an Escape", () => {
  const plain = () => new KeyScanner([Result.getOrThrow(parseDetachKey("^\\"))!], { hasKeyReports: () => false })

  it("is passed on at once where no key is reported by a sequence", () => {
    for (const key of ["\x1b", "\x1b[", "\x1bO"]) {
      const keys = plain()
      assert.strictEqual(keys.push(Buffer.from(key)).bytes.toString("latin1"), key)
      assert.isFalse(keys.holds)
    }
  })

  it("that begins the key's report after all has been passed on, and the rest detaches", () => {
    for (const report of [KITTY, XTERM]) {
      for (let at = 1; at < report.length; at++) {
        const keys = plain()
        const first = keys.push(Buffer.from(report.slice(0, at))).bytes.toString("latin1")
        assert.strictEqual(first, report.slice(0, Math.min(at, 2) === at ? at : 0))
        assert.deepStrictEqual(keys.push(Buffer.from(`${report.slice(at)}x`)), {
          bytes: Buffer.alloc(0),
          key: Result.getOrThrow(parseDetachKey("^\\")),
          isTyping: true
        })
      }
    }
  })

  it("is not sent twice when what follows is held back", () => {
    const keys = plain()
    const sent = ["\x1b", "[92", ";5", "A"].map((part) => keys.push(Buffer.from(part)).bytes.toString("latin1"))
    assert.strictEqual(sent.join(""), "\x1b[92;5A")
  })
})
