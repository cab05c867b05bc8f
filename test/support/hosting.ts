import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as ScrollbackRing from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as Machine from "../../src/layers/testing/Machine.ts"
import { type PtyFakeOptions, PtyTestRef } from "../../src/layers/testing/PtyFake.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { SessionDaemon } from "../../src/services/SessionDaemon.ts"
import { FakeClient } from "./fakeClient.ts"

export const dev = "dev" as SessionName

export const spec: SessionSpec = {
  name: dev,
  dir: "/home/user",
  env: { SHELL: "/bin/sh", TERM: "xterm", TMUX: "/tmp/tmux,1,0", SSH_AUTH_SOCK: "/tmp/agent.1" },
  size: { cols: 80, rows: 24 },
  awaited: false
}

/** Runs against a session's daemon, with the programs that it starts. */
export const hosting = <A, E>(
  use: (programs: PtyTestRef["Service"]) => Effect.Effect<A, E, Machine.Machine | Scope.Scope>,
  pty?: PtyFakeOptions,
  /** `ring` knows the terminal's modes. */
  scrollback: "memory" | "ring" = "memory"
) =>
  Effect.flatMap(PtyTestRef, use).pipe(
    Effect.provide(Machine.layer({ pty, ...(scrollback === "ring" ? { scrollback: ScrollbackRing.layer() } : {}) }))
  )

/** A client that has not said anything yet. */
export const connect = Effect.gen(function*() {
  return new FakeClient(yield* (yield* SessionClient).connect(dev))
})

export const start = (more?: Partial<SessionSpec>) =>
  Effect.flatMap(SessionDaemon, (daemon) => daemon.start({ ...spec, ...more }))
