import { assert, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { forwardedAgent } from "../../../src/layers/remote/agent.ts"
import { makeHosts } from "../../../src/layers/remote/host.ts"
import * as HostMemoryFake from "../../../src/layers/testing/HostMemoryFake.ts"
import { layer as sshFake } from "../../../src/layers/testing/SshTransportFake.ts"
import { HostMemory } from "../../../src/services/HostMemory.ts"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { web } from "../../contract/Remotes.ts"
import { settle } from "../../support/fakeClient.ts"

it.effect("a host that never says where the agent is, is asked for half a minute", () => {
  let gone = 0
  return Effect.gen(function*() {
    const transport = yield* SshTransport
    const hostOf = yield* makeHosts({ transport, hosts: yield* HostMemory, version: "0.0.0" })
    const asking = yield* Effect.forkChild(forwardedAgent(transport, hostOf(web, undefined)))
    yield* settle
    yield* TestClock.adjust("29 seconds")
    assert.isUndefined(asking.pollUnsafe())
    yield* TestClock.adjust("1 second")
    assert.deepStrictEqual(yield* Fiber.join(asking), Option.none())
    yield* settle
    assert.strictEqual(gone, 1)
  }).pipe(
    Effect.scoped,
    Effect.provide(Layer.merge(
      HostMemoryFake.layer(),
      sshFake({
        web: {
          description: { agent: "/agent" },
          play: ({ stdio }) => stdio.listen({ onData() {}, onDrain() {}, onEnd() {}, onClose: () => void gone++ })
        }
      })
    ))
  )
})
