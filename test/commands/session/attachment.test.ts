import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { AttachClient } from "../../../src/services/AttachClient.ts"
import { eventually, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const name = "dev" as SessionName

describe("what is to be done before a session is shown", () => {
  it.effect("is done before the terminal is touched; then everything is there", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        const terminal = yield* TtyTestRef
        const programs = yield* PtyTestRef
        yield* sesh("dev", "-d")
        programs.last().print("$ ")
        const done = yield* Deferred.make<void>()
        const states: Array<string> = []
        const attaching = yield* Effect.forkChild(
          (yield* AttachClient).attach({
            name,
            role: "attach",
            before: Deferred.await(done),
            onState: ({ _tag }) => Effect.sync(() => void states.push(_tag))
          })
        )
        yield* settle
        programs.last().print("ls")
        yield* settle
        assert.deepStrictEqual([terminal.isOpen, terminal.screen.toString(), states], [false, "", []])
        yield* Deferred.succeed(done, undefined)
        yield* eventually("the screen", () => terminal.screen.includes("$ ls"))
        assert.deepStrictEqual(states, ["Attached"])
        terminal.type("\x1c")
        assert.strictEqual((yield* Fiber.join(attaching))._tag, "Detached")
      })))

  it.effect("is given up when there is no such session", () =>
    inWorld({}, () =>
      Effect.gen(function*() {
        const attaching = (yield* AttachClient).attach({ name, role: "attach", before: Effect.never })
        assert.strictEqual((yield* Effect.flip(attaching))._tag, "NoSession")
      })))
})
