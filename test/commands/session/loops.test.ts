/** Sessions that would show themselves, over hosts. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Scope from "effect/Scope"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { SessionRegistry } from "../../../src/services/SessionRegistry.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"

const dev = "dev" as SessionName

/** We are in the session `dev` here, and on a host there are `dev` and `other`. */
const inDev = {
  caller: { env: { SHELL: "/bin/sh", SESH_SESSION: "dev" } },
  hosts: { web: {} }
}

const furnished = (sesh: (...argv: ReadonlyArray<string>) => Effect.Effect<number, never, Scope.Scope>) =>
  Effect.gen(function*() {
    for (const argv of [["dev", "-d"], ["@web", "dev", "-d"], ["@web", "other", "-d"]]) {
      assert.strictEqual(yield* sesh(...argv), 0)
    }
    const { host } = (yield* WorldTestRef).at("web")
    const idThere = Effect.map(Context.get(host.services, SessionRegistry).get(dev), ({ info }) => info.id)
    const outer = yield* joined(dev, "attach")
    /** A client in these sessions shows ours. */
    const showIn = (shownIn: ReadonlyArray<string>) =>
      outer.connection.send(FrameType.shownIn, Control.shownIn.encode({ shownIn }))
    return { showIn, id: yield* idThere }
  })

describe("in a session, one on a host", () => {
  it.effect("that shows it is refused, another one is not, also where it has the same name", () =>
    inWorld(inDev, (sesh) =>
      Effect.gen(function*() {
        const { id, showIn } = yield* furnished(sesh)
        const terminal = yield* TtyTestRef
        const { err } = yield* OutputTestRef
        showIn(["far-away", id])
        yield* settle
        for (const argv of [["@web", "dev"], ["@web", "--watch", "dev"]]) assert.strictEqual(yield* sesh(...argv), 1)
        const words = "sesh: web: session dev is where you are, or shows it; detach from it first"
        assert.deepStrictEqual(err, [words, words])
        assert.strictEqual(terminal.opened, 0)
        showIn(["far-away"])
        yield* settle
        for (const name of ["dev", "other"]) {
          const attaching = yield* Effect.forkChild(sesh("@web", name))
          yield* eventually("a terminal", () => terminal.isOpen)
          yield* settle
          terminal.type("\x1c")
          assert.strictEqual(yield* Fiber.join(attaching), 0)
        }
      })))

  it.effect("is left when it comes to show the session that we are in", () =>
    inWorld(inDev, (sesh) =>
      Effect.gen(function*() {
        const { id, showIn } = yield* furnished(sesh)
        const terminal = yield* TtyTestRef
        const attaching = yield* Effect.forkChild(sesh("@web", "dev"))
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        showIn([id])
        assert.strictEqual(yield* Fiber.join(attaching), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "[detached from dev on web: it would be shown inside itself]"
        ])
      })))

  it.effect("is asked and typed into, whatever it shows", () =>
    inWorld(inDev, (sesh) =>
      Effect.gen(function*() {
        const { id, showIn } = yield* furnished(sesh)
        showIn([id])
        yield* settle
        for (const argv of [["--history", "dev"], ["--send", "dev", "ls"]]) {
          assert.strictEqual(yield* sesh("@web", ...argv), 0)
        }
      })))
})
