import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import type { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, type FakeClient, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

const OUTPUT = { before: 0, base64: Buffer.from("built\r\n").toString("base64") }

/** A client on another machine, which waits for the command. */
const waitingFor = (session: string) => joined(dev, "wait", { command: { session, capture: 1000, remember: true } })

const detach = (client: FakeClient) => client.connection.send(FrameType.detach, Control.detach.encode({}))

/** The command prints, and ends. */
const build = (pty: PtyTestRef["Service"]) => {
  pty.last().print("built\r\n")
  pty.last().exit(4)
}

/** The output that is kept, and whether the session's name is free. */
const kept = Effect.gen(function*() {
  return {
    output: (yield* SessionFilesTestRef).ends.get(dev)?.output,
    isFree: !(yield* NetworkTestRef).listeners.has(dev)
  }
})

/** Longer than a client may read nothing after the end. */
const drained = Effect.andThen(TestClock.adjust("3 seconds"), settle)

describe("the output of a command, for a client on another machine,", () => {
  it.effect("is kept where the connection is closed without a word: a dead one may look like that", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ command: ["make"] })
        const client = yield* waitingFor(info.id)
        build(pty)
        yield* eventually("the end", () => client.exit)
        client.connection.destroy()
        yield* drained
        assert.deepStrictEqual(yield* kept, { output: OUTPUT, isFree: true })
      })
    ))

  it.effect("is not kept where the client has said that it has it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ command: ["make"] })
        const client = yield* waitingFor(info.id)
        build(pty)
        yield* eventually("the end", () => client.exit)
        detach(client)
        client.connection.destroy()
        yield* drained
        assert.deepStrictEqual(yield* kept, { output: undefined, isFree: true })
      })
    ))

  it.effect("is there as soon as the name is free: a client that comes back then finds it", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ command: ["make"] })
        yield* waitingFor(info.id)
        const link = (yield* NetworkTestRef).links.at(-1)!
        link.lose()
        build(pty)
        yield* settle
        assert.deepStrictEqual(yield* kept, { output: OUTPUT, isFree: true })
        yield* drained
        assert.deepStrictEqual(yield* kept, { output: OUTPUT, isFree: true })
      })
    ))

  it.effect("is no other session's that has taken the name meanwhile", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ command: ["make"] })
        const client = yield* waitingFor(info.id)
        build(pty)
        yield* eventually("the end", () => client.exit)
        const next = yield* start({ command: ["make"] })
        const other = yield* waitingFor(next.info.id)
        build(pty)
        yield* eventually("the other's end", () => other.exit)
        detach(client)
        other.connection.destroy()
        yield* drained
        assert.deepStrictEqual(yield* kept, { output: OUTPUT, isFree: true })
      })
    ))

  it.effect("who says that it has it detaches nobody else, and is not owed it when the kept session ends", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start({ keep: true, command: ["make"] })
        const client = yield* waitingFor(info.id)
        const attached = yield* joined(dev, "attach")
        build(pty)
        yield* eventually("the end", () => client.exit)
        detach(client)
        yield* eventually("its connection is over", () => client.closed)
        yield* settle
        assert.isUndefined(attached.closed)
        yield* eventually("a shell", () => pty.all.length === 2)
        pty.last().exit(0)
        yield* eventually("the session's end", () => attached.exit)
        yield* drained
        assert.deepStrictEqual(yield* kept, { output: undefined, isFree: true })
      })
    ))
})
