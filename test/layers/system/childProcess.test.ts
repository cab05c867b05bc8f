import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn } from "node:child_process"
import { once } from "node:events"
import { childEnd, endChild, exitStatus, signalNumber } from "../../../src/layers/system/childProcess.ts"
import { isZombie, readProcStat } from "../../../src/layers/system/procStat.ts"
import { exitCode } from "../../../src/schema/Session.ts"
import { SIGNAL_NUMBERS } from "../../../src/schema/Signal.ts"
import { until } from "../../support/until.ts"

/** A shell, and the first line that it says. */
const start = (script: string): Effect.Effect<{ readonly child: ChildProcess; readonly said: string }> =>
  Effect.promise(async () => {
    const child = spawn("sh", ["-c", script], { detached: true, stdio: ["ignore", "pipe", "inherit"] })
    const [bytes] = await once(child.stdout, "data")
    return { child, said: String(bytes).trim() }
  })

/** Longer than any test: what it is given to is never killed for it. */
const FOREVER_MS = 2 ** 31 - 1

const runs = (pid: number): boolean => {
  const stat = readProcStat(pid)
  return stat !== undefined && !isZombie(stat)
}

describe("ending a program", () => {
  it.live("one that ends when asked to is not killed", () =>
    Effect.gen(function*() {
      const { child } = yield* start("trap 'exit 7' TERM; echo ready; while :; do sleep 0.01; done")
      endChild(child, FOREVER_MS)
      yield* childEnd(child)
      assert.deepStrictEqual([child.exitCode, child.signalCode], [7, null])
    }))

  it.live("one that does not is killed after the grace", () =>
    Effect.gen(function*() {
      const { child } = yield* start("trap '' TERM; echo ready; while :; do sleep 0.01; done")
      endChild(child, 50)
      yield* childEnd(child)
      assert.strictEqual(child.signalCode, "SIGKILL")
    }))

  it.live("a group ends with what it has started", () =>
    Effect.gen(function*() {
      const { child, said } = yield* start("sleep 1000 & echo $!; wait")
      assert.isTrue(runs(Number(said)))
      endChild(child, FOREVER_MS, { group: true })
      yield* childEnd(child)
      yield* Effect.promise(() => until("all of it has ended", () => !runs(Number(said))))
    }))

  it.live("one that has ended is left alone", () =>
    Effect.gen(function*() {
      const { child } = yield* start("echo ready")
      yield* childEnd(child)
      endChild(child, 0)
      yield* childEnd(child)
      assert.deepStrictEqual([child.exitCode, child.signalCode], [0, null])
    }))
})

describe("the number of a signal", () => {
  it("is the system's, or none", () => {
    for (const [name, number] of Object.entries(SIGNAL_NUMBERS)) assert.strictEqual(signalNumber(name), number)
    assert.isUndefined(signalNumber("SIGNONE"))
    assert.isUndefined(signalNumber("toString"))
  })

  it("is in the exit code as a shell says it", () => {
    assert.strictEqual(exitCode(exitStatus(3, null)), 3)
    assert.strictEqual(exitCode(exitStatus(null, "SIGTERM")), 143)
  })
})
