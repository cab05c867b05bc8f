import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as TestClock from "effect/testing/TestClock"
import { tellWaits } from "../../../src/commands/hosts/waiting.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import type { HostName } from "../../../src/schema/HostName.ts"
import type { Awaited } from "../../../src/services/SshTransport.ts"
import { settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const web = "web" as HostName

const passes = (ms: number) => Effect.andThen(TestClock.adjust(ms), settle)

describe("a host that is waited for", () => {
  it.effect("is named after three seconds, on a line that goes with the wait", () =>
    inWorld({ hosts: { web: { delay: 8000 } } }, (sesh) =>
      Effect.gen(function*() {
        const { now, texts } = yield* ProgressTestRef
        const listing = yield* Effect.forkChild(sesh("@web"))
        yield* settle
        yield* passes(2900)
        assert.deepStrictEqual(texts.filter((text) => text !== ""), [])
        yield* passes(200)
        assert.deepStrictEqual(now(), ["waiting for web to answer (Ctrl-C gives up)"])
        yield* passes(5000)
        assert.deepStrictEqual(now(), [])
        assert.strictEqual(
          yield* Effect.map(Effect.exit(Effect.suspend(() => listing.pollUnsafe()!)), ({ _tag }) => _tag),
          "Success"
        )
      })))

  it.effect("one wait after the other counts as one, and says what it is for now", () =>
    inWorld({}, () =>
      Effect.gen(function*() {
        const { now } = yield* ProgressTestRef
        const onWait = yield* tellWaits(web)
        const first = onWait({ awaited: () => "connection" })
        yield* passes(2000)
        first()
        let stage: Awaited | undefined = "shell"
        const second = onWait({ awaited: () => stage })
        yield* passes(1000)
        assert.deepStrictEqual(now(), ["waiting for the login scripts of web (Ctrl-C gives up)"])
        stage = undefined
        yield* passes(500)
        assert.deepStrictEqual(now(), [])
        stage = "place"
        yield* passes(500)
        assert.lengthOf(now(), 1)
        second()
        assert.deepStrictEqual(now(), [], "before anything else is written")
      })))

  it.effect("where others write to the terminal it is a line that stays, and only while they do not ask", () =>
    inWorld({}, () =>
      Effect.gen(function*() {
        const { texts } = yield* ProgressTestRef
        const { err } = yield* OutputTestRef
        const onWait = yield* tellWaits(web)
        const stages: Array<Awaited> = []
        onWait({ awaited: () => stages.at(-1), isTerminalShared: true })
        yield* passes(5000)
        assert.deepStrictEqual(err, [])
        stages.push("login")
        yield* passes(5000)
        assert.deepStrictEqual(err, ["[waiting for web to let us in (Ctrl-C gives up)]"])
        assert.deepStrictEqual(texts.filter((text) => text !== ""), [])
      })))
})
