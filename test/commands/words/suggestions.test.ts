import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { closeTo } from "../../../src/commands/words/suggestions.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { fakeInfo, SessionRegistryTestRef } from "../../../src/layers/testing/SessionRegistryFake.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { inWorld } from "../../support/inWorld.ts"

const names = ["dev", "development", "web", "web-2", "build-server", "x"]

describe("a name that is not there", () => {
  it.each(
    [
      ["dve", ["dev"]],
      ["de", ["dev", "development"]],
      ["dv", ["dev"]],
      ["devv", ["dev"]],
      ["DEV", ["dev", "development"]],
      ["wbe", ["web"]],
      ["web2", ["web", "web-2"]],
      ["biuld-sevrer", ["build-server"]],
      ["build", ["build-server"]],
      ["developement", ["development"]],
      ["vde", []],
      ["wxyz", []],
      ["production", []]
    ] as const
  )("%s: %j may have been meant", (typed, meant) => {
    assert.deepStrictEqual(closeTo(typed, names), meant)
  })

  it("no more than three are named, the closest first, and never the name itself", () => {
    assert.deepStrictEqual(closeTo("web", ["web", "web-10", "bew", "wab", "web-1", "we"]), ["web-10", "wab", "web-1"])
  })

  it.effect.each([["--kill"], ["--watch"], ["--detach"]])(
    "sesh %s says which are close",
    ([verb]) =>
      inWorld(
        { sessions: [{ info: fakeInfo("dev") }, { info: fakeInfo("den") }] },
        (sesh) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* sesh(verb!, "dve"), 1)
            assert.strictEqual(yield* sesh(verb!, "deb"), 1)
            assert.strictEqual(yield* sesh(verb!, "other"), 1)
            assert.deepStrictEqual((yield* OutputTestRef).err, [
              "sesh: no session named dve; did you mean dev?",
              "sesh: no session named deb; did you mean den or dev?",
              "sesh: no session named other"
            ])
          })
      )
  )

  it.effect("whose dead socket is still there is not what was meant", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        ;(yield* SessionRegistryTestRef).dead.add("dev" as SessionName)
        assert.strictEqual(yield* sesh("--kill", "dev"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: no session named dev"])
      })))
})
