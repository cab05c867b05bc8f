import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as RemotesSsh from "../../src/layers/remote/RemotesSsh.ts"
import * as RemotesFake from "../../src/layers/testing/RemotesFake.ts"
import * as SshTransportFake from "../../src/layers/testing/SshTransportFake.ts"
import { HostError } from "../../src/services/HostError.ts"
import { Remotes } from "../../src/services/Remotes.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { HostUnreachable } from "../../src/services/SshTransport.ts"
import { machineOf, sshHostOf, THERE } from "../support/machines.ts"
import { down, here, programs, suite, There, web } from "./Remotes.ts"

const there = Layer.succeed(There, { home: THERE })

const made = Layer.unwrap(Effect.gen(function*() {
  const services = yield* Layer.build(machineOf({ pty: programs }))
  const failure = new HostError({ host: down, problem: "down does not answer", kind: "unreachable" })
  return RemotesFake.layer({ web: { services, home: THERE }, down: { services, failure } })
})).pipe(Layer.provideMerge(Layer.mergeAll(here, there)))

/** `sealed`: the host's sshd forwards no sockets. */
const fake = (sealed = false) =>
  Layer.unwrap(Effect.gen(function*() {
    const host = sshHostOf(yield* Layer.build(machineOf({ pty: programs })))
    const failure = new HostUnreachable({ host: down, reason: "refused", words: "" })
    return RemotesSsh.layer.pipe(Layer.provideMerge(SshTransportFake.layer({
      web: { ...host, forwardsNothing: sealed },
      down: { failure }
    })))
  })).pipe(Layer.provideMerge(Layer.mergeAll(here, there)))

suite("RemotesFake", made)
suite("Ssh, on fakes", fake())
suite("Ssh, on fakes, where no sockets are forwarded", fake(true))

describe("RemotesFake", () => {
  it.live("a test changes what a host is like, and sees who was asked", () =>
    Effect.gen(function*() {
      const { asked, hosts } = yield* RemotesFake.RemotesTestRef
      const remotes = yield* Remotes
      hosts.get(web)!.failure = new HostError({ host: web, problem: "it is lost", kind: "lost" })
      assert.strictEqual((yield* Effect.flip(remotes.look(web, { prompts: "interactive" }))).kind, "lost")
      hosts.get(web)!.failure = undefined
      const services = yield* remotes.at(web)
      yield* Context.get(services, SessionRegistry).list
      assert.deepStrictEqual(asked, [{ host: web, prompts: "interactive" }, { host: web, prompts: "batch" }])
    }).pipe(Effect.provide(made)))
})
