import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type * as Machine from "../../../src/layers/testing/Machine.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { Control } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import { eventually, type FakeClient, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

describe("the ssh-agent of a session with several clients", () => {
  const tell = (client: FakeClient, path: string) =>
    client.connection.send(FrameType.agent, Control.agent.encode({ path }))

  const withAgents = <A, E>(
    use: (
      counts: (path: string) => Effect.Effect<void>,
      files: SessionFilesTestRef["Service"]
    ) => Effect.Effect<A, E, Machine.Machine | Scope.Scope>
  ) =>
    hosting(() =>
      Effect.gen(function*() {
        yield* start()
        const files = yield* SessionFilesTestRef
        const counts = (path: string) => Effect.asVoid(eventually(path, () => files.agents.get("dev") === path))
        return yield* use(counts, files)
      })
    )

  it.effect("is that of who attached or typed last; when that one leaves, that of who was last before", () =>
    withAgents((counts) =>
      Effect.gen(function*() {
        const one = yield* joined(dev, "attach", { agent: "/tmp/one" })
        const two = yield* joined(dev, "attach", { agent: "/tmp/two" })
        yield* counts("/tmp/two")
        one.type("x")
        yield* counts("/tmp/one")
        one.connection.end()
        yield* counts("/tmp/two")
        two.connection.destroy()
        yield* settle
        // It may still be there: nobody else has one.
        yield* counts("/tmp/two")
      })
    ))

  it.effect("is not taken away by a client without one", () =>
    withAgents((counts) =>
      Effect.gen(function*() {
        const one = yield* joined(dev, "attach", { agent: "/tmp/one" })
        yield* counts("/tmp/one")
        const none = yield* joined(dev, "attach")
        none.type("x")
        yield* settle
        yield* counts("/tmp/one")
        const two = yield* joined(dev, "attach", { agent: "/tmp/two" })
        yield* counts("/tmp/two")
        none.type("y")
        two.connection.end()
        yield* counts("/tmp/one")
        one.connection.end()
        yield* settle
        yield* counts("/tmp/one")
      })
    ))

  it.effect("is the one that a client tells after its hello; told by another one than the last, it waits its turn", () =>
    withAgents((counts) =>
      Effect.gen(function*() {
        const one = yield* joined(dev, "attach")
        const two = yield* joined(dev, "attach", { agent: "/tmp/gone" })
        yield* counts("/tmp/gone")
        tell(two, "/tmp/two")
        yield* counts("/tmp/two")
        tell(one, "/tmp/one")
        yield* settle
        yield* counts("/tmp/two")
        two.connection.end()
        yield* counts("/tmp/one")
      })
    ))

  it.effect("follows a client to its next connection", () =>
    withAgents((counts) =>
      Effect.gen(function*() {
        const client = "laptop"
        const other = yield* joined(dev, "attach", { agent: "/tmp/other" })
        yield* joined(dev, "attach", { agent: "/tmp/old", client })
        yield* counts("/tmp/old")
        const again = yield* joined(dev, "attach", { client })
        yield* counts("/tmp/other")
        tell(again, "/tmp/new")
        yield* counts("/tmp/new")
        other.type("x")
        yield* counts("/tmp/other")
      })
    ))

  it.effect("is never a socket that is gone, or somebody else's: then the next one counts", () =>
    withAgents((counts, { notOwned }) =>
      Effect.gen(function*() {
        notOwned.add("/tmp/bad").add("/tmp/worse")
        const one = yield* joined(dev, "attach", { agent: "/tmp/one" })
        yield* counts("/tmp/one")
        const two = yield* joined(dev, "attach", { agent: "/tmp/bad" })
        for (const path of ["/tmp/worse", "relative", ""]) {
          tell(two, path)
          yield* settle
          yield* counts("/tmp/one")
        }
        one.connection.end()
        yield* settle
        yield* counts("/tmp/one")
      })
    ))

  it.effect("is also that of who waits for its command, while no attached client has one", () =>
    withAgents((counts, { infos }) =>
      Effect.gen(function*() {
        const command = { session: infos.get("dev")!.id, capture: 0 }
        const waiting = yield* joined(dev, "wait", { command })
        tell(waiting, "/tmp/job")
        yield* counts("/tmp/job")
        const attached = yield* joined(dev, "attach", { agent: "/tmp/attached" })
        yield* counts("/tmp/attached")
        attached.connection.end()
        yield* counts("/tmp/job")
      })
    ))

  it.effect("is not that of who watches, asks, sends, or waits for the session's end", () =>
    withAgents((counts) =>
      Effect.gen(function*() {
        yield* joined(dev, "attach", { agent: "/tmp/one" })
        yield* counts("/tmp/one")
        for (const role of ["watch", "query", "send", "wait"] as const) {
          tell(yield* joined(dev, role, { agent: "/tmp/other" }), "/tmp/another")
        }
        yield* settle
        yield* counts("/tmp/one")
      })
    ))
})
