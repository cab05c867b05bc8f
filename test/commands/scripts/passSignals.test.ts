import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { passSignals } from "../../../src/commands/scripts/passSignals.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { SessionClient } from "../../../src/services/SessionClient.ts"
import { SessionControl } from "../../../src/services/SessionControl.ts"
import { SessionUnresponsive } from "../../../src/services/SessionRegistry.ts"
import { hostNamed } from "../../support/sshSuite.ts"

const job = "job" as SessionName

/** A session whose process is stopped, while the connection to its host lives. */
const stuck = Layer.mock(SessionControl, {
  signal: () => Effect.fail(new SessionUnresponsive({ name: job, reason: "no answer" }))
})

describe("a session that takes no signal", () => {
  for (const host of [undefined, hostNamed("web")]) {
    const client = Layer.mock(SessionClient, { host, mayAsk: false })
    it.effect(`does not keep its sender waiting, ${host === undefined ? "here" : "on a host"}`, () =>
      Effect.gen(function*() {
        for (const [signals, seconds] of [[1, 6], [2, 3]] as const) {
          const { givenUp, pass } = yield* passSignals(job, "id")
          const waiting = yield* Effect.forkChild(givenUp)
          for (let sent = 0; sent < signals; sent++) pass("SIGTERM")
          yield* TestClock.adjust(`${seconds} seconds`)
          assert.strictEqual(yield* Fiber.join(waiting), "SIGTERM")
        }
      }).pipe(Effect.scoped, Effect.provide(Layer.merge(stuck, client))))
  }
})
