/**
 * Played while the snapshot is taken: functions that have run are in it compiled, so that starting `sesh` need not
 * compile them (5 ms of `--version`, 10 ms of a listing). All on fakes, as nothing native may be alive in a snapshot.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as v8 from "node:v8"
import { run } from "./commands/run.ts"
import * as AttachClient from "./layers/AttachClientLive.ts"
import * as Caller from "./layers/CallerFake.ts"
import * as DaemonLauncher from "./layers/DaemonLauncherFake.ts"
import * as Deployer from "./layers/DeployerFake.ts"
import * as Input from "./layers/InputMemory.ts"
import * as Network from "./layers/internal/memoryNetwork.ts"
import * as Lock from "./layers/LockMemory.ts"
import * as Output from "./layers/OutputMemory.ts"
import * as Paths from "./layers/PathsFake.ts"
import * as Pty from "./layers/PtyFake.ts"
import * as QueryResponder from "./layers/QueryResponderLive.ts"
import * as Scrollback from "./layers/ScrollbackRing.ts"
import * as SessionClient from "./layers/SessionClientMemory.ts"
import * as SessionControl from "./layers/SessionControlLive.ts"
import * as SessionFiles from "./layers/SessionFilesMemory.ts"
import * as SessionHost from "./layers/SessionHostLive.ts"
import * as SessionRegistry from "./layers/SessionRegistryFiles.ts"
import * as SessionServer from "./layers/SessionServerMemory.ts"
import * as Signals from "./layers/SignalsFake.ts"
import * as standIns from "./layers/standIns.ts"
import * as Tty from "./layers/TtyFake.ts"

/** None may wait for a timer: none fires (withoutTimers.ts). */
const SCENES = [
  ["--version"],
  ["--help"],
  ["--no-such-flag"],
  ["-d", "rehearsal"],
  ["--names"],
  ["--json"],
  ["--detach", "rehearsal"]
]

const layers = Layer.mergeAll(
  AttachClient.layer,
  SessionControl.layer,
  SessionRegistry.layer,
  DaemonLauncher.layer,
  Deployer.layer(),
  standIns.hosts
)
  .pipe(
    Layer.provideMerge(SessionHost.layer),
    Layer.provideMerge(Layer.mergeAll(SessionServer.layer, SessionClient.layer)),
    Layer.provideMerge(Layer.mergeAll(
      Caller.layer(),
      standIns.progress,
      standIns.remotes,
      Input.layer(),
      Lock.layer,
      Network.layer(),
      Output.layer({ isTerminal: false }),
      Paths.layer(),
      Pty.layer(),
      QueryResponder.layer,
      Scrollback.layer(),
      SessionFiles.layer,
      Signals.layer,
      Tty.layer()
    ))
  )

/**
 * Node draws UUIDs and random integers from a store. Filled during the rehearsal it would be in the snapshot, and all
 * processes would go on to draw the same ones: two sessions, one id. (scripts/build.mjs sees to node:crypto.)
 */
const withoutRandomness = (): () => void => {
  const own = Object.getOwnPropertyDescriptor(globalThis, "crypto")!
  Object.defineProperty(globalThis, "crypto", {
    configurable: true,
    get: () => {
      throw new Error("crypto must not be used while the snapshot is taken")
    }
  })
  return () => void Object.defineProperty(globalThis, "crypto", own)
}

/** A rehearsal that goes wrong, or does not come to its end, stops the build. */
export const rehearse = (): void => {
  const restore = withoutRandomness()
  let outcome: Exit.Exit<void, unknown> | undefined
  Effect.runCallback(Effect.forEach(SCENES, run, { discard: true }).pipe(Effect.provide(layers)), {
    onExit: (exit) => {
      outcome = exit
    }
  })
  v8.startupSnapshot.addSerializeCallback(() => {
    restore()
    if (outcome !== undefined && Exit.isSuccess(outcome)) return
    console.error(outcome === undefined ? "the rehearsal does not end" : Cause.pretty(outcome.cause))
    // Thrown, it would be printed and no more.
    process.exit(1)
  })
}
