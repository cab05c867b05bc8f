import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as ScrollbackRing from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import { layer as network, type NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as PtyFake from "../../src/layers/testing/PtyFake.ts"
import * as Scrollback from "../../src/layers/testing/ScrollbackFake.ts"
import * as SessionClient from "../../src/layers/testing/SessionClientFake.ts"
import { layer as files, type SessionFilesTestRef } from "../../src/layers/testing/SessionFilesFake.ts"
import * as SessionServer from "../../src/layers/testing/SessionServerFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionClient as Client } from "../../src/services/SessionClient.ts"
import { SessionDaemon as Host } from "../../src/services/SessionDaemon.ts"
import { FakeClient } from "./fakeClient.ts"

export const dev = "dev" as SessionName

export const spec: SessionSpec = {
  name: dev,
  dir: "/home/user",
  env: { SHELL: "/bin/sh", TERM: "xterm", TMUX: "/tmp/tmux,1,0", SSH_AUTH_SOCK: "/tmp/agent.1" },
  size: { cols: 80, rows: 24 },
  awaited: false
}

type Services = Host | Client | NetworkTestRef | SessionFilesTestRef | Scope.Scope

/** Runs against a session's host, with the programs that it starts. */
export const hosting = <A, E>(
  use: (programs: PtyFake.PtyTestRef["Service"]) => Effect.Effect<A, E, Services>,
  options?: PtyFake.PtyFakeOptions,
  /** `ring` knows the terminal's modes. */
  scrollback: "memory" | "ring" = "memory"
) =>
  Effect.flatMap(PtyFake.PtyTestRef, use).pipe(
    Effect.provide(SessionDaemonLive.layer.pipe(
      Layer.provideMerge(Layer.mergeAll(SessionServer.layer, SessionClient.layer)),
      Layer.provideMerge(
        Layer.mergeAll(
          network(),
          files,
          QueryResponder.layer,
          scrollback === "ring" ? ScrollbackRing.layer() : Scrollback.layer,
          PtyFake.layer(options),
          Caller.layer()
        )
      )
    ))
  )

/** A client that has not said anything yet. */
export const connect = Effect.gen(function*() {
  return new FakeClient(yield* (yield* Client).connect(dev))
})

export const start = (more?: Partial<SessionSpec>) => Effect.flatMap(Host, (host) => host.start({ ...spec, ...more }))
