import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawn } from "node:child_process"
import { once } from "node:events"
import * as Path from "node:path"
import * as SignalsProcess from "../../src/layers/console/SignalsProcess.ts"
import * as SignalsFake from "../../src/layers/testing/SignalsFake.ts"
import type { EndSignal } from "../../src/services/Signals.ts"
import { until } from "./SessionServer.ts"
import { Sender, suite } from "./Signals.ts"

const fake = Layer.effect(
  Sender,
  Effect.map(SignalsFake.SignalsTestRef, ({ listeners, send }) => ({ send, listeners: () => listeners.size }))
).pipe(Layer.provideMerge(SignalsFake.layer))

const ALL: ReadonlyArray<EndSignal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** Those who listen to all of them: the test runner listens to some. */
const listeners = () => Math.min(...ALL.map((name) => process.listenerCount(name)))

const real = Layer.merge(
  SignalsProcess.layer,
  Layer.succeed(Sender, {
    listeners,
    send: (signal) => {
      if (listeners() === 0) throw new Error(`${signal} would end this process`)
      process.kill(process.pid, signal)
    }
  })
)

suite("SignalsFake", fake)
suite("SignalsProcess", real)

describe("SignalsProcess", () => {
  const fixture = Path.join(import.meta.dirname, "../fixtures/signals.ts")

  it.live.each(["SIGINT", "SIGTERM", "SIGHUP"] as const)(
    "%s ends a process that does not listen any more, and not one that does",
    (signal) =>
      Effect.gen(function*() {
        const child = spawn(process.execPath, [fixture], { stdio: ["ignore", "pipe", "inherit"] })
        yield* Effect.addFinalizer(() => Effect.sync(() => child.kill("SIGKILL")))
        const end = once(child, "close")
        let said = ""
        child.stdout.on("data", (bytes) => said += bytes)
        yield* until("it listens", () => said === "listening\n", 30_000)
        child.kill(signal)
        yield* until("it has heard", () => said === `listening\n${signal}\n`, 30_000)
        child.kill(signal)
        assert.deepStrictEqual(yield* Effect.promise(() => end), [null, signal])
      }).pipe(Effect.scoped),
    60_000
  )
})
