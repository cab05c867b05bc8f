import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import type { Hello } from "../../../src/schema/protocol/Control.ts"
import {
  decodeOffset,
  encodeOffset,
  FrameType,
  OFFSET_BYTES,
  RESTORE_LAST
} from "../../../src/schema/protocol/Frame.ts"
import { eventually, join, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"
import { attachedTo, CLEAN, type Daemon, PIPED } from "../../support/resuming.ts"

const second = TestClock.adjust("1 second")

/** Beyond 32 bits. */
const FAR = 2 ** 32 + 7

const restored = (
  offset: number,
  text: string
) => [encodeOffset(offset), Buffer.from([RESTORE_LAST]), Buffer.from(text)]

/** A session that is played: the nth connection gets the nth turn. */
const scripted = (...turns: ReadonlyArray<(daemon: Parameters<Daemon>[1], hello: Hello) => void>) => {
  const hellos: Array<Hello> = []
  const daemons: Array<Parameters<Daemon>[1]> = []
  const daemon: Daemon = (hello, given, nth) => {
    hellos.push(hello)
    daemons.push(given)
    turns[Math.min(nth, turns.length - 1)]!(given, hello)
  }
  return { hellos, daemons, daemon }
}

const begin = (daemon: Parameters<Daemon>[1]) => {
  daemon.welcome({ output: FAR, restore: true })
  daemon.connection.send(FrameType.restore, ...restored(FAR, "$ "))
}

const input = (frames: ReadonlyArray<readonly [number, Buffer]>) =>
  frames.filter(([type]) => type === FrameType.input).map(([, payload]) =>
    `${decodeOffset(payload)} ${payload.subarray(OFFSET_BYTES)}`
  )

describe("a client that resumes", () => {
  it.effect("is the same client, names the session, and counts beyond 32 bits; what was shown is not shown again", () => {
    const { daemon, hellos } = scripted(begin, (daemon) => {
      daemon.welcome({ output: FAR + 9 })
      daemon.output(FAR + 3, "dea")
      daemon.output(FAR + 2, "?de")
      daemon.output(FAR + 5, "af")
      daemon.output(FAR + 7, "gh")
    })
    return attachedTo(daemon, PIPED, ({ again, link, screen }) =>
      Effect.gen(function*() {
        yield* eventually("the restore", () => screen() === "$ ")
        hellos.length = 0
        link().cut()
        yield* settle
        yield* second
        yield* again(1)
        const [hello] = hellos
        assert.deepStrictEqual(hello!.resume, { session: "id-of-dev", output: FAR, input: 0, only: true })
        // There is a byte missing before the first frame.
        yield* eventually("another connection", () => hellos.length >= 1 && link().closed)
        assert.strictEqual(screen(), "$ ")
      }))
  })

  it.effect("drops of each frame what it has shown", () => {
    const { daemon, hellos } = scripted((daemon) => {
      begin(daemon)
      daemon.output(FAR, "abc")
    }, (daemon) => {
      daemon.welcome({ output: FAR + 3 })
      daemon.output(FAR, "ab")
      daemon.output(FAR + 1, "bcde")
      daemon.output(FAR + 5, "f")
    })
    return attachedTo(daemon, PIPED, ({ again, link, screen }) =>
      Effect.gen(function*() {
        yield* eventually("output", () => screen() === "$ abc")
        link().cut()
        yield* settle
        yield* second
        yield* again(1)
        yield* eventually("the rest", () => screen() === "$ abcdef")
        assert.strictEqual(hellos[0]!.client, hellos[1]!.client)
        assert.strictEqual(hellos[1]!.resume?.output, FAR + 3)
      }))
  })

  it.effect("sends what the session has not received, and no more, whatever was acknowledged", () => {
    const { daemon, daemons, hellos } = scripted(
      begin,
      (daemon) => daemon.welcome({ output: FAR, input: 3, typed: 1 }),
      (daemon) => daemon.welcome({ output: FAR, input: 6, typed: 6 })
    )
    return attachedTo(daemon, PIPED, ({ again, link, terminal }) =>
      Effect.gen(function*() {
        terminal.type("abcdef")
        yield* eventually("typing", () => input(daemons[0]!.frames).length === 1)
        link().cut()
        yield* settle
        terminal.type("g")
        yield* again(1)
        assert.strictEqual(hellos[1]!.resume?.input, 6)
        assert.deepStrictEqual(input(daemons[1]!.frames), ["3 def", "6 g"])
        link().cut()
        yield* settle
        yield* second
        yield* again(2)
        assert.deepStrictEqual(input(daemons[2]!.frames), ["6 g"])
      }))
  })

  it.effect("counts from zero in a session that has forgotten it, if nothing was under way; else it ends", () => {
    const { daemon, daemons } = scripted(begin, (daemon) => daemon.welcome({ output: FAR, input: 0, typed: 0 }))
    return attachedTo(daemon, PIPED, ({ again, ends, err, link, terminal }) =>
      Effect.gen(function*() {
        terminal.type("abc")
        yield* eventually("typing", () => input(daemons[0]!.frames).length === 1)
        daemons[0]!.connection.send(FrameType.ack, encodeOffset(3))
        yield* settle
        link().cut()
        yield* settle
        terminal.type("d")
        yield* again(1)
        assert.deepStrictEqual(input(daemons[1]!.frames), ["0 d"])
        daemons[1]!.connection.send(FrameType.ack, encodeOffset(1))
        yield* settle
        terminal.type("e")
        yield* settle
        assert.deepStrictEqual(input(daemons[1]!.frames), ["0 d", "1 e"])
        daemons[1]!.connection.send(FrameType.ack, encodeOffset(2))
        terminal.type("f")
        yield* settle
        link().cut()
        yield* settle
        yield* second
        yield* again(2)
        // The session has none of what it acknowledged, and "f" is in doubt.
        yield* ends(255)
        assert.include(err.at(-1), "it does not know how much of what was typed has come")
      }))
  })

  it.effect("gets a restore from an older session, which cannot redraw, and cleans its terminal before", () => {
    const old = { protocol: { major: 1, minor: 1 } }
    const { daemon, hellos } = scripted((daemon) => {
      daemon.welcome({ ...old, output: 5, restore: true })
      daemon.connection.send(FrameType.restore, ...restored(5, "\x1b[?2004h$ "))
    }, (daemon) => {
      daemon.welcome({ ...old, output: 9, restore: true })
      daemon.connection.send(FrameType.restore, ...restored(9, "restored"))
    })
    return attachedTo(daemon, {}, ({ again, link, shown }) =>
      Effect.gen(function*() {
        yield* eventually("the restore", () => shown().endsWith("$ "))
        link().cut()
        yield* settle
        yield* second
        yield* again(1)
        assert.isUndefined(hellos[1]!.resume)
        assert.strictEqual(shown(), `\x1b[?2004h$ \x1b[?2004l${CLEAN}\r\nrestored`)
      }))
  })

  it.effect("asks for a whole restore again when one was cut in its middle", () => {
    const { daemon, hellos } = scripted((daemon) => {
      daemon.welcome({ output: 5, restore: true })
      daemon.connection.send(FrameType.restore, encodeOffset(5), Buffer.from([0]), Buffer.from("half"))
    }, begin)
    return attachedTo(daemon, PIPED, ({ again, link, screen }) =>
      Effect.gen(function*() {
        yield* eventually("half of it", () => screen() === "half")
        link().cut()
        yield* settle
        yield* second
        yield* again(1)
        assert.isUndefined(hellos[1]!.resume)
        yield* eventually("a whole one", () => screen().endsWith("\r\n$ "))
      }))
  })

  it.effect("gets a cut sequence or character again from its first byte, where a line of ours came between", () => {
    const { daemon, hellos } = scripted((daemon, hello) => {
      const cut = Buffer.from(
        ["\x1b[3", "\xe2\x94", "\x1b]0;title"][Math.min(hello.resume === undefined ? 0 : 1, 2)]!,
        "latin1"
      )
      if (hello.resume === undefined) begin(daemon)
      else daemon.welcome({ output: hello.resume.output })
      const from = hello.resume?.output ?? FAR
      daemon.connection.send(FrameType.output, encodeOffset(from), Buffer.from("x"), cut)
    })
    return attachedTo(daemon, {}, ({ again, link, notices, screen }) =>
      Effect.gen(function*() {
        yield* eventually("output", () => screen().endsWith("\x1b[3"))
        link().cut()
        yield* eventually("our line", () => notices().length === 1)
        assert.include(screen(), "\x1b[3\x18\x1b7")
        yield* second
        yield* again(1)
        assert.strictEqual(hellos[1]!.resume!.output, FAR + 1)
        assert.deepStrictEqual(hellos[1]!.resume!.redraw, { placed: true })
        link().cut()
        yield* settle
        yield* second
        yield* again(2)
        // The bytes of the character were not whole.
        assert.strictEqual(hellos[2]!.resume!.output, FAR + 2)
      }))
  })
})

describe("a session", () => {
  it.effect("refuses a client that wants another one, and restores for one that takes any", () =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const resume = { session: "another", output: 0, input: 0 }
        const strict = yield* join(dev, "attach", { resume: { ...resume, only: true } })
        yield* eventually("a refusal", () => strict.error?.code === "session" && strict.closed)
        assert.isTrue((yield* joined(dev, "attach", { resume })).welcome?.restore)
      })
    ))

  it.effect("counts as received what a forgotten client says it has sent", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        const client = yield* joined(dev, "attach", { resume: { session: info.id, output: 0, input: 7 } })
        assert.deepStrictEqual([client.welcome?.input, client.welcome?.typed], [7, 7])
        client.type("x", 7)
        yield* eventually("the typing", () => pty.last().typed.toString() === "x")
      })
    ))

  it.effect("tells a client that reconnects how much input is queued, and acknowledges it on the new connection", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        yield* start()
        pty.last().stall(true)
        const first = yield* joined(dev, "attach", { client: "c" })
        for (let n = 0; n < 4; n++) first.type(Buffer.alloc(50_000, 97))
        yield* settle
        const again = yield* joined(dev, "attach", { client: "c" })
        yield* eventually("the end of the first", () => first.closed)
        assert.strictEqual(again.welcome?.input, 200_000)
        assert.isBelow(again.welcome!.typed!, 200_000)
        first.type("late")
        pty.last().stall(false)
        yield* eventually("the ack", () => again.acked === 200_000)
        yield* settle
        assert.strictEqual(pty.last().typed.length, 200_000)
        assert.lengthOf((yield* joined(dev, "query")).welcome!.info.clients, 1)
      })
    ))

  it.effect("replies to a query that went to a dead connection", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        yield* joined(dev, "attach", { client: "c" })
        pty.last().print("\x1b[c")
        yield* settle
        assert.strictEqual(pty.last().typed.length, 0)
        const again = yield* joined(dev, "attach", {
          client: "c",
          resume: { session: info.id, output: 0, input: 0, only: true }
        })
        yield* eventually("a reply", () => pty.last().typed.toString() === "\x1b[?62;22c")
        assert.strictEqual(again.output, "\0\0\0")
      })
    ))
})

describe("a redraw", () => {
  it.effect("follows the missing bytes; without a model it is a restore", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        pty.last().print("$ ls")
        yield* settle
        const client = yield* joined(dev, "attach", {
          resume: { session: info.id, output: 2, input: 0, only: true, redraw: { placed: true } }
        })
        assert.isFalse(client.welcome?.restore)
        assert.deepStrictEqual(client.frames.slice(1).map(([type, payload]) => [type, payload.toString("latin1")]), [
          [FrameType.output, `${encodeOffset(2).toString("latin1")}ls`],
          [FrameType.restore, `${encodeOffset(4).toString("latin1")}\x01$ ls`]
        ])
      })
    ))
})
