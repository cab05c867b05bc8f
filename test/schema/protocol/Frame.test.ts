import { assert, describe, it } from "@effect/vitest"
import * as Arbitrary from "effect/Arbitrary"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import { Control, PROTOCOL } from "../../../src/schema/protocol/Control.ts"
import {
  decodeOffset,
  encodeFrame,
  encodeOffset,
  FrameDecoder,
  FrameType,
  MAX_PAYLOAD_BYTES
} from "../../../src/schema/protocol/Frame.ts"
import { inPieces } from "../../support/pieces.ts"

const decodeAll = (chunks: ReadonlyArray<Buffer>) => {
  const frames: Array<readonly [number, string]> = []
  const decoder = new FrameDecoder()
  const errors = chunks.map((chunk) =>
    decoder.push(chunk, (type, payload) => void frames.push([type, payload.toString("hex")]))
  )
  return { frames, error: errors.find((error) => error !== undefined) }
}

/** Of every type there is and might be, with payloads of any bytes. */
const anyFrames = Arbitrary.array(
  Arbitrary.map(
    Arbitrary.all([
      Arbitrary.schema(Schema.Literals([0, FrameType.output, FrameType.ping, FrameType.lines, 255])),
      Arbitrary.array(Arbitrary.schema(Schema.Literals([0, 1, 5, 0x1b, 0x80, 255]))),
      Arbitrary.schema(Schema.Literals([0, 1, 300]))
    ]),
    ([type, bytes, more]) => encodeFrame(type, Buffer.concat([Buffer.from(bytes), Buffer.alloc(more, "x")]))
  ),
  { maxLength: 30 }
)

describe("frames", () => {
  it.prop("of any kind come out the same wherever the stream is cut", [inPieces(anyFrames)], ([{ pieces, whole }]) => {
    const uncut = decodeAll([whole])
    const again = Buffer.concat(uncut.frames.map(([type, payload]) => encodeFrame(type, Buffer.from(payload, "hex"))))
    assert.isTrue(again.equals(whole), "nothing is lost and nothing added")
    assert.deepStrictEqual(decodeAll(pieces), uncut)
  }, { arbitrary: { runs: 500 } })

  // The bytes of docs/protocol.md: they hold for every release of this major.
  it.each(
    [
      [
        "output",
        FrameType.output,
        Buffer.concat([encodeOffset(258), Buffer.from("hi")]),
        "040000000a00000000000001026869"
      ],
      ["input", FrameType.input, Buffer.concat([encodeOffset(0), Buffer.from([0x1c])]), "050000000900000000000000001c"],
      ["ack", FrameType.ack, encodeOffset(2 ** 40), "07000000080000010000000000"],
      [
        "restore, last",
        FrameType.restore,
        Buffer.concat([encodeOffset(7), Buffer.from([1])]),
        "0300000009000000000000000701"
      ],
      [
        "restore, last, over what is shown, since 1.2",
        FrameType.restore,
        Buffer.concat([encodeOffset(2 ** 32 + 7), Buffer.from([3])]),
        "0300000009000000010000000703"
      ],
      [
        "resize",
        FrameType.resize,
        Control.resize.encode({ cols: 80, rows: 24 }),
        "06000000157b22636f6c73223a38302c22726f7773223a32347d"
      ],
      ["kill", FrameType.kill, Control.kill.encode({ graceMs: 3000 }), "09000000107b2267726163654d73223a333030307d"],
      [
        "kill by a signal, since 1.1",
        FrameType.kill,
        Control.kill.encode({ graceMs: 3000, signal: "SIGINT" }),
        "09000000227b2267726163654d73223a333030302c227369676e616c223a22534947494e54227d"
      ],
      [
        "history, since 1.1",
        FrameType.history,
        Control.history.encode({ ansi: true }),
        "0e0000000d7b22616e7369223a747275657d"
      ],
      [
        "lines, last, since 1.1",
        FrameType.lines,
        Buffer.concat([Buffer.from([1]), Buffer.from("hi\n")]),
        "0f000000040168690a"
      ],
      [
        "agent, since 1.4",
        FrameType.agent,
        Control.agent.encode({ path: "/tmp/ssh-x/agent.1" }),
        "100000001d7b2270617468223a222f746d702f7373682d782f6167656e742e31227d"
      ],
      ["exit", FrameType.exit, Control.exit.encode({ code: 7 }), "0a0000000a7b22636f6465223a377d"],
      ["ping", FrameType.ping, Buffer.alloc(0), "0b00000000"],
      ["pong, of a client since 1.3", FrameType.pong, Buffer.from("x"), "0c0000000178"],
      [
        "shownIn, since 1.4",
        FrameType.shownIn,
        Control.shownIn.encode({ shownIn: ["s1", "s2"] }),
        "11000000177b2273686f776e496e223a5b227331222c227332225d7d"
      ]
    ] as const
  )("golden vector: %s", (_, type, payload, hex) => {
    assert.strictEqual(encodeFrame(type, payload).toString("hex"), hex)
    assert.deepStrictEqual(decodeAll([Buffer.from(hex, "hex")]).frames, [[type, payload.toString("hex")]])
  })

  it("golden vector: a hello as the first release sent it is understood", () => {
    const json =
      `{"protocol":{"major":1,"minor":0},"sesh":"0.1.0","role":"attach","client":"c1","size":{"cols":80,"rows":24},` +
      `"resume":{"session":"s1","output":5,"input":6},"agent":"/tmp/a","within":"other"}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual(hello.protocol, { major: PROTOCOL.major, minor: 0 })
    assert.strictEqual(hello.role, "attach")
    assert.deepStrictEqual(hello.resume, { session: "s1", output: 5, input: 6 })
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a hello that waits for a command, since 1.1", () => {
    const json =
      `{"protocol":{"major":1,"minor":1},"sesh":"0.2.0","role":"wait","client":"c1","command":{"session":"s1","capture":5}}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual(hello.protocol, { major: PROTOCOL.major, minor: 1 })
    assert.deepStrictEqual(hello.command, { session: "s1", capture: 5 })
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a hello that goes on after its connection died, since 1.2", () => {
    const json =
      `{"protocol":{"major":1,"minor":2},"sesh":"0.2.0","role":"attach","client":"c1","resume":{"session":"s1",` +
      `"output":4294967301,"input":6,"only":true,"redraw":{"placed":true}}}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual(hello.protocol, { major: 1, minor: 2 })
    assert.deepStrictEqual(hello.resume, {
      session: "s1",
      output: 2 ** 32 + 5,
      input: 6,
      only: true,
      redraw: { placed: true }
    })
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a welcome that says what was typed, since 1.2", () => {
    const json = `{"protocol":{"major":1,"minor":2},"sesh":"0.2.0","info":{"name":"dev","id":"s1","dir":"/","pid":1,` +
      `"size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[]},"output":5,"input":6,"typed":4,` +
      `"window":262144,"restore":false}`
    const welcome = Option.getOrThrow(Control.welcome.decode(Buffer.from(json)))
    assert.deepStrictEqual([welcome.input, welcome.typed], [6, 4])
    assert.strictEqual(Control.welcome.encode(welcome).toString(), json)
  })

  it("golden vector: a size in pixels, since 1.3", () => {
    const json = `{"cols":100,"rows":30,"width":1000,"height":600}`
    const size = Option.getOrThrow(Control.resize.decode(Buffer.from(json)))
    assert.deepStrictEqual(size, { cols: 100, rows: 30, width: 1000, height: 600 })
    assert.strictEqual(Control.resize.encode(size).toString(), json)
    // A session of an older version reads the cells.
    assert.deepStrictEqual(PROTOCOL, { major: 1, minor: 4 })
  })

  it("golden vector: a hello of a client whose terminal answers nothing, since 1.3", () => {
    const json = `{"protocol":{"major":1,"minor":3},"sesh":"0.3.0","role":"attach","client":"c1","answers":false}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual([hello.protocol.minor, hello.answers], [3, false])
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a hello of a client whose output is no terminal, since 1.3", () => {
    const json = `{"protocol":{"major":1,"minor":3},"sesh":"0.3.0","role":"attach","client":"c1","answers":false,` +
      `"raw":true}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual([hello.protocol.minor, hello.answers, hello.raw], [3, false, true])
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a welcome that says the program's terminal, since 1.3", () => {
    const json = `{"protocol":{"major":1,"minor":3},"sesh":"0.3.0","info":{"name":"dev","id":"s1","dir":"/","pid":1,` +
      `"tty":"/dev/pts/4","size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[]},"output":5,"input":6,` +
      `"window":262144,"restore":false}`
    const welcome = Option.getOrThrow(Control.welcome.decode(Buffer.from(json)))
    assert.strictEqual(welcome.info.tty, "/dev/pts/4")
    assert.strictEqual(Control.welcome.encode(welcome).toString(), json)
  })

  it("golden vector: a welcome of a session with a command that is too long to send, since 1.3", () => {
    const json = `{"protocol":{"major":1,"minor":3},"sesh":"0.2.0","info":{"name":"dev","id":"s1","dir":"/",` +
      `"hasLongCommand":true,"pid":1,"size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[]},"output":5,` +
      `"input":6,"typed":4,"window":262144,"restore":false}`
    const welcome = Option.getOrThrow(Control.welcome.decode(Buffer.from(json)))
    assert.strictEqual(welcome.info.hasLongCommand, true)
    assert.strictEqual(Control.welcome.encode(welcome).toString(), json)
  })

  it("golden vector: a hello of a client that types on after its connection broke, since 1.4", () => {
    const json =
      `{"protocol":{"major":1,"minor":4},"sesh":"0.4.0","role":"send","client":"c1","resume":{"session":"s1",` +
      `"output":0,"input":65536,"only":true}}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual([hello.role, hello.resume?.input], ["send", 65_536])
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a hello of a client in a session that another one shows, since 1.4", () => {
    const json = `{"protocol":{"major":1,"minor":4},"sesh":"0.4.0","role":"attach","client":"c1","within":"dev",` +
      `"shownIn":["mb2k-0f3","mb2j-9d1"]}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.deepStrictEqual(hello.protocol, PROTOCOL)
    assert.deepStrictEqual(hello.shownIn, ["mb2k-0f3", "mb2j-9d1"])
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
  })

  it("golden vector: a client in a session asks where that is shown, and a welcome says it, since 1.4", () => {
    const asks = `{"protocol":{"major":1,"minor":4},"sesh":"0.4.0","role":"wait","client":"c1","follow":true}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(asks)))
    assert.strictEqual(hello.follow, true)
    assert.strictEqual(Control.hello.encode(hello).toString(), asks)
    const json = `{"protocol":{"major":1,"minor":4},"sesh":"0.4.0","info":{"name":"dev","id":"s1","dir":"/","pid":1,` +
      `"size":{"cols":80,"rows":24},"created":1,"active":2,"clients":[]},"output":5,"input":6,"window":262144,` +
      `"restore":false,"shownIn":["s1","s2"]}`
    const welcome = Option.getOrThrow(Control.welcome.decode(Buffer.from(json)))
    assert.deepStrictEqual(welcome.shownIn, ["s1", "s2"])
    assert.strictEqual(Control.welcome.encode(welcome).toString(), json)
  })

  it("more sessions than may be named, or what is no id, are not read as those in which a client is shown", () => {
    for (
      const shownIn of [Array.from({ length: 65 }, (_, n) => `s${n}`), ["../x"], [""], ["x".repeat(65)], [1], "s1"]
    ) {
      const json = JSON.stringify({ shownIn })
      assert.isTrue(Option.isNone(Control.shownIn.decode(Buffer.from(json))), json)
    }
  })

  it("golden vector: a hello that waits for a command on another machine, since 1.4", () => {
    const json = `{"protocol":{"major":1,"minor":4},"sesh":"0.4.0","role":"wait","client":"c1",` +
      `"command":{"session":"s1","capture":5,"remember":true}}`
    const hello = Option.getOrThrow(Control.hello.decode(Buffer.from(json)))
    assert.strictEqual(hello.command?.remember, true)
    assert.strictEqual(Control.hello.encode(hello).toString(), json)
    const done = encodeFrame(FrameType.detach, Control.detach.encode({}))
    assert.strictEqual(done.toString("hex"), "08000000027b7d", "it has the output")
  })

  it("a kill by a signal that ends no program is not read as a kill", () => {
    for (const signal of ["SIGKILL", "SIGSTOP", 9, ""]) {
      const json = JSON.stringify({ graceMs: 0, signal })
      assert.isTrue(Option.isNone(Control.kill.decode(Buffer.from(json))), json)
    }
  })

  it("fields of a newer version are ignored", () => {
    const json = `{"protocol":{"major":1,"minor":9,"patch":1},"sesh":"9","role":"query","client":"c","colours":true}`
    assert.strictEqual(Option.getOrThrow(Control.hello.decode(Buffer.from(json))).role, "query")
  })

  it("control payloads that are no JSON or break the schema are none", () => {
    for (
      const text of [
        "",
        "{",
        "null",
        "[]",
        `{"cols":0,"rows":24}`,
        `{"cols":80.5,"rows":24}`,
        `{"cols":70000,"rows":1}`,
        `{"cols":80,"rows":24,"width":-1,"height":600}`
      ]
    ) {
      assert.isTrue(Option.isNone(Control.resize.decode(Buffer.from(text))), text)
    }
  })

  it("come out the same however the stream is cut", () => {
    const frames = [
      encodeFrame(FrameType.output, Buffer.alloc(300, 1)),
      encodeFrame(FrameType.ping, Buffer.alloc(0)),
      encodeFrame(200, Buffer.from("unknown types pass")),
      encodeFrame(FrameType.input, Buffer.alloc(9, 2))
    ]
    const stream = Buffer.concat(frames)
    const whole = decodeAll([stream]).frames
    assert.strictEqual(whole.length, frames.length)
    for (let size = 1; size < 40; size++) {
      const chunks = Array.from(
        { length: Math.ceil(stream.length / size) },
        (_, i) => stream.subarray(i * size, (i + 1) * size)
      )
      assert.deepStrictEqual(decodeAll(chunks).frames, whole)
    }
  })

  it("that claim more than the limit break the stream, without waiting for the payload", () => {
    const claim = Buffer.from([FrameType.output, 0, 0, 0, 0])
    claim.writeUInt32BE(MAX_PAYLOAD_BYTES + 1, 1)
    assert.isDefined(decodeAll([claim]).error)
    claim.writeUInt32BE(MAX_PAYLOAD_BYTES, 1)
    assert.isUndefined(decodeAll([claim]).error)
  })

  it("offsets survive up to the largest safe number, and no further", () => {
    assert.strictEqual(decodeOffset(encodeOffset(Number.MAX_SAFE_INTEGER)), Number.MAX_SAFE_INTEGER)
    assert.isUndefined(decodeOffset(Buffer.from("0020000000000001", "hex")))
    assert.isUndefined(decodeOffset(Buffer.alloc(7)))
  })
})
