import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { Control, PROTOCOL } from "../../../src/schema/protocol/Control.ts"
import { encodeFrame, encodeOffset, FrameDecoder, FrameType, OFFSET_BYTES } from "../../../src/schema/protocol/Frame.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld, type WorldOptions } from "../../support/inWorld.ts"

const pipe: WorldOptions = { tty: { inputIsTerminal: false, outputIsTerminal: false }, outputIsTerminal: false }

const hello = (role: "attach" | "query") =>
  encodeFrame(FrameType.hello, Control.hello.encode({ protocol: PROTOCOL, sesh: "9", role, client: "me" }))

const input = (at: number, bytes: Buffer) => encodeFrame(FrameType.input, Buffer.concat([encodeOffset(at), bytes]))

/** The frames that came out. */
const frames = (bytes: Buffer): Array<readonly [type: number, payload: Buffer]> => {
  const found: Array<readonly [number, Buffer]> = []
  assert.isUndefined(new FrameDecoder().push(bytes, (type, payload) => found.push([type, payload])))
  return found
}

const output = (bytes: Buffer): string =>
  frames(bytes).filter(([type]) => type === FrameType.output)
    .map(([, payload]) => payload.subarray(OFFSET_BYTES).toString()).join("")

describe("sesh --bridge <name>", () => {
  it.effect("is the session's socket: what it says comes out, what comes in it hears; it ends with the session", () =>
    inWorld(pipe, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const pipe = yield* TtyTestRef
        const bridged = yield* Effect.forkChild(sesh("--bridge", "dev"))
        const greeting = hello("attach")
        // However it was cut.
        pipe.type(greeting.subarray(0, 3))
        pipe.type(greeting.subarray(3))
        yield* eventually("a welcome", () => frames(pipe.screen)[0]?.[0] === FrameType.welcome)
        pipe.type(Buffer.concat([input(0, Buffer.from("exit")), encodeFrame(99, Buffer.from("?"))]))
        const program = (yield* PtyTestRef).last()
        yield* eventually("typing", () => program.typed.toString() === "exit")
        program.print("bye")
        yield* eventually("output", () => output(pipe.screen) === "bye")
        program.exit(7)
        assert.strictEqual(yield* Fiber.join(bridged), 0)
        const [type, payload] = frames(pipe.screen).at(-1)!
        assert.deepStrictEqual([type, Option.getOrThrow(Control.exit.decode(payload))], [FrameType.exit, { code: 7 }])
        assert.deepStrictEqual((yield* OutputTestRef).err, [])
      })))

  it.effect("ends when its client ends the input, or is gone", () =>
    inWorld(pipe, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const pipe = yield* TtyTestRef
        const { links } = yield* NetworkTestRef
        const first = yield* Effect.forkChild(sesh("--bridge", "dev"))
        yield* eventually("a connection", () => links.length === 1)
        yield* settle
        pipe.signal("SIGHUP")
        assert.strictEqual(yield* Fiber.join(first), 0)
        const second = yield* Effect.forkChild(sesh("--bridge", "dev"))
        yield* eventually("a connection", () => links.length === 2)
        pipe.type(hello("query"))
        pipe.endInput()
        assert.strictEqual(yield* Fiber.join(second), 0)
        yield* eventually("no connection left", () => links.every(({ closed }) => closed))
      })))

  it.effect("holds no more than it must for a side that does not take it, and loses nothing", () =>
    inWorld(pipe, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const pipe = yield* TtyTestRef
        const program = (yield* PtyTestRef).last()
        yield* Effect.forkChild(sesh("--bridge", "dev"))
        pipe.type(hello("attach"))
        yield* eventually("a welcome", () => pipe.screen.length > 0)
        const [link] = (yield* NetworkTestRef).links
        // The session takes nothing.
        link!.stall("server")
        const piece = Buffer.alloc(32 * 1024, "x")
        let at = 0
        while (!pipe.isPaused) {
          assert.isBelow(at, 4 * 1024 * 1024)
          pipe.type(input(at, piece))
          at += piece.length
          yield* settle
        }
        link!.flow("server")
        yield* eventually("it reads again", () => !pipe.isPaused)
        // The client takes nothing.
        const before = output(pipe.screen).length
        pipe.stall(true)
        const line = `${"y".repeat(1023)}\n`
        let printed = 0
        while (!program.isPaused) {
          assert.isBelow(printed, 4 * 1024)
          program.print(line.repeat(64))
          printed += 64
          yield* settle
        }
        pipe.stall(false)
        yield* eventually("all of it", () => output(pipe.screen).length - before === printed * line.length)
      })))

  it.effect("says that there is no such session; and no nonsense goes to one that is there", () =>
    inWorld(pipe, (sesh) =>
      Effect.gen(function*() {
        const { err } = yield* OutputTestRef
        assert.strictEqual(yield* sesh("--bridge", "none"), 1)
        assert.deepStrictEqual(err, ["sesh: no session named none"])
        assert.strictEqual(yield* sesh("--bridge"), 2)
        yield* sesh("dev", "-d")
        const bridged = yield* Effect.forkChild(sesh("--bridge", "dev"))
        ;(yield* TtyTestRef).type("GET / HTTP/1.1\r\n\r\n")
        assert.strictEqual(yield* Fiber.join(bridged), 1)
        assert.include(err.at(-1), "is not what a sesh says")
      })))
})
