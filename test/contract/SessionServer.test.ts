import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Network from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as SessionClientFake from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionServerFake from "../../src/layers/testing/SessionServerFake.ts"
import { FrameType } from "../../src/schema/protocol/Frame.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { machine } from "../fixtures/machine.ts"
import { connected, ear, suite, until, work } from "./SessionServer.ts"

const memory = Layer.mergeAll(SessionServerFake.layer, SessionClientFake.layer).pipe(
  Layer.provideMerge(Network.layer())
)

suite("SessionServerFake, SessionClientFake", memory)
suite("SessionServerUnix, SessionClientUnix", machine)

describe("NetworkTestRef", () => {
  it.live("a test stalls a side and lets it go on", () =>
    Effect.gen(function*() {
      const { far, near } = yield* connected
      const [link] = (yield* Network.NetworkTestRef).links
      const atNear = ear(near)
      const atFar = ear(far)
      link!.stall("client")
      while (far.send(FrameType.output, Buffer.alloc(100_000))) { /* until it says stop */ }
      yield* until("its system is full", () => far.pending() > 0)
      assert.strictEqual(atNear.frames.length, 0)
      link!.flow("client")
      yield* until("it drained", () => atFar.drained === 1)
    }).pipe(Effect.provide(memory)))

  it.live("a test breaks a connection, and the network", () =>
    Effect.gen(function*() {
      const { far, near } = yield* connected
      const network = yield* Network.NetworkTestRef
      const ears = [ear(near), ear(far)]
      network.links[0]!.cut()
      yield* until("both heard it", () => ears.every((side) => side.closed[0] === "its process is gone"))
      network.setDown("the host is gone")
      const client = yield* SessionClient
      assert.strictEqual((yield* Effect.flip(client.connect(work)))._tag, "ConnectError")
      network.setDown(undefined)
      yield* client.connect(work)
    }).pipe(Effect.provide(memory)))
})
