import { assert, describe, it } from "@effect/vitest"
import { FlowControl } from "../../../src/layers/daemon/flowControl.ts"
import type { Peer } from "../../../src/layers/daemon/peer.ts"

const made = () => {
  const calls: Array<string> = []
  const control = new FlowControl({ pause: () => calls.push("pause"), resume: () => calls.push("resume") }, () => {})
  const peer = { connection: { pending: () => 1 } } as Peer
  return { calls, control, peer }
}

describe("the program is paused while anybody needs it", () => {
  it("for a terminal model that is behind", () => {
    const { calls, control } = made()
    control.setModelBehind(true)
    control.setModelBehind(true)
    control.setModelBehind(false)
    assert.deepStrictEqual(calls, ["pause", "resume"])
  })

  it("until the model, the creator and all slow clients are through", () => {
    const { calls, control, peer } = made()
    control.awaitCreator()
    control.setModelBehind(true)
    control.pauseFor(peer)
    control.endCreatorWait()
    control.release(peer)
    assert.deepStrictEqual(calls, ["pause"])
    control.pauseFor(peer)
    control.setModelBehind(false)
    assert.deepStrictEqual(calls, ["pause"])
    control.release(peer)
    assert.deepStrictEqual(calls, ["pause", "resume"])
  })
})
