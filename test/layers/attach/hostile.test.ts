import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { Attachment } from "../../../src/layers/attach/attachment.ts"
import { Control, MAX_REASON_CHARACTERS, PROTOCOL, type Welcome } from "../../../src/schema/protocol/Control.ts"
import { encodeOffset, FrameType, MAX_PAYLOAD_BYTES } from "../../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { type AttachEnd, reasonOf } from "../../../src/services/AttachClient.ts"
import type { Connection } from "../../../src/services/Connection.ts"
import type { OpenTty } from "../../../src/services/Tty.ts"

const MIB = 1024 * 1024
const size = { cols: 80, rows: 24 }

const welcome: Welcome = {
  protocol: PROTOCOL,
  sesh: "0.0.0",
  info: { name: "dev" as SessionName, id: "1", dir: "/", pid: 1, size, created: 0, active: 0, clients: [] },
  output: 0,
  input: 0,
  window: 1024,
  restore: false
}

/** An attachment to a session whose frames the test makes. */
const attachment = () => {
  const seen = { paused: false, pending: 0, sent: 0, shown: 0, ends: [] as Array<AttachEnd> }
  const attached = new Attachment({
    role: "attach",
    key: undefined,
    inputIsTerminal: true,
    outputIsTerminal: true,
    size,
    now: () => 0,
    after: () => {},
    onEnd: (end) => seen.ends.push(end)
  })
  const connection: Connection = {
    listen: () => {},
    send: (_, ...parts) => {
      for (const { length } of parts) seen.pending += length
      seen.sent++
      return seen.pending < 1000
    },
    pending: () => seen.pending,
    pause: () => {
      seen.paused = true
    },
    resume: () => {
      seen.paused = false
    },
    end: () => {},
    destroy: () => {}
  }
  const tty: OpenTty = {
    write: ({ length }) => {
      seen.shown += length
      return true
    },
    pause: () => {},
    resume: () => {},
    flush: Effect.succeed(true),
    lend: (use) => use
  }
  attached.join(connection, welcome, 0)
  return { attached, seen, tty }
}

const output = (offset: number, bytes: Buffer) => Buffer.concat([encodeOffset(offset), bytes])

describe("a session that does not behave", () => {
  it("floods before the terminal is ready: no more is read than is kept, and nothing is lost", () => {
    const { attached, seen, tty } = attachment()
    const piece = Buffer.alloc(MIB / 4, "y")
    let sent = 0
    for (; !seen.paused; sent += piece.length) attached.onFrame(FrameType.output, output(sent, piece))
    assert.isAtMost(sent, 2 * MIB)
    attached.show(tty)
    assert.isFalse(seen.paused)
    assert.strictEqual(seen.shown, sent)
  })

  it("sends pings and reads no answer: they are not kept for it", () => {
    const { attached, seen } = attachment()
    const ping = Buffer.alloc(64 * 1024)
    for (let i = 0; i < 1000; i++) attached.onFrame(FrameType.ping, ping)
    assert.isAbove(seen.sent, 0)
    assert.isBelow(seen.pending, MIB)
  })

  it.each(
    [
      ["detach", Control.detach.encode({ reason: "r".repeat(60_000) })],
      ["error", Control.error.encode({ code: "full", message: "r".repeat(MAX_PAYLOAD_BYTES / 2) })]
    ] as const
  )("has long words for the end, %s: they fit into a line", (type, payload) => {
    const { attached, seen } = attachment()
    attached.onFrame(FrameType[type], payload)
    const [end] = seen.ends
    const words = end?._tag === "Detached" ? end.reason! : end?._tag === "Lost" ? reasonOf(end.error) : ""
    assert.isAbove(words.length, 10)
    assert.isAtMost(words.length, MAX_REASON_CHARACTERS)
  })

  it("sends anything: it ends the attachment once, or nothing happens", () => {
    const payloads = [
      Buffer.alloc(0),
      Buffer.from([0]),
      Buffer.alloc(8, 0xff),
      Buffer.alloc(9),
      Buffer.alloc(5000, 0xff),
      Buffer.from("{}"),
      Buffer.from("null"),
      Buffer.from(`{"code":1e308,"signal":-5}`),
      Buffer.from(`{"code":99999999,"signal":99999999}`),
      encodeOffset(Number.MAX_SAFE_INTEGER)
    ]
    for (let type = 0; type < 256; type++) {
      const { attached, seen, tty } = attachment()
      attached.show(tty)
      for (const payload of payloads) attached.onFrame(type, payload)
      assert.isAtMost(seen.ends.length, 1, `type ${type}`)
    }
  })
})
