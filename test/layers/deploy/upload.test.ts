import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { onTestFinished, vi } from "vitest"
import { send } from "../../../src/layers/deploy/upload.ts"
import type { ProgramHandlers, RemoteProgram } from "../../../src/services/SshTransport.ts"

describe("what is sent", () => {
  const program = (listen: (handlers: ProgramHandlers) => void): RemoteProgram => ({
    listen,
    write: () => false,
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {}
  })
  const packed = {
    chunks: [Buffer.from("abc")],
    total: () => 3,
    isWhole: () => true,
    failure: () => undefined,
    more: () => {}
  }

  it.each(
    [
      ["prepare", ""],
      ["transfer", "ready 0\n"]
    ] as const
  )("is given up where a host that answers no more stands: %s", async (step, said) => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const silent = program(({ onData }) => onData(Buffer.from(said)))
    const sending = Effect.runPromise(send(silent, () => packed, () => {}))
    await vi.advanceTimersByTimeAsync(119_000)
    assert.strictEqual(await Promise.race([sending, "waits"]), "waits")
    await vi.advanceTimersByTimeAsync(2000)
    assert.deepInclude(await sending, { end: undefined, step })
    assert.strictEqual(vi.getTimerCount(), 0)
  })
})
