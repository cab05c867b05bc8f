/**
 * Runs while the snapshot is taken. Functions that have run are in the snapshot compiled, so that starting `sesh` need
 * not compile them (5 ms of `--version`, 10 ms of a listing). Files and sockets are real, because their layers take the
 * time. Layers that leave something native alive are fakes, because nothing native may be in a snapshot.
 */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as fs from "node:fs"
import { tmpdir } from "node:os"
import * as path from "node:path"
import * as v8 from "node:v8"
import { run } from "../commands/run.ts"
import * as AttachClientLive from "../layers/attach/AttachClientLive.ts"
import * as SessionClientUnix from "../layers/connection/SessionClientUnix.ts"
import * as SessionServerUnix from "../layers/connection/SessionServerUnix.ts"
import * as CallerProcess from "../layers/console/CallerProcess.ts"
import * as OperatingSystemProcess from "../layers/console/OperatingSystemProcess.ts"
import * as OutputStdio from "../layers/console/OutputStdio.ts"
import * as SessionDaemonLive from "../layers/daemon/SessionDaemonLive.ts"
import { onDemand } from "../layers/onDemand.ts"
import * as PathsXdg from "../layers/paths/PathsXdg.ts"
import * as RemotesSsh from "../layers/remote/RemotesSsh.ts"
import * as ScrollbackRing from "../layers/scrollback/ScrollbackRing.ts"
import * as EndedSessionsDisk from "../layers/sessions/EndedSessionsDisk.ts"
import * as SessionControlLive from "../layers/sessions/SessionControlLive.ts"
import * as SessionRegistryFiles from "../layers/sessions/SessionRegistryFiles.ts"
import * as SurroundingsLive from "../layers/sessions/SurroundingsLive.ts"
import { stampOf } from "../layers/sync/changeStamp.ts"
import * as FileSyncLive from "../layers/sync/FileSyncLive.ts"
import { makeDirectory, writeRemembered } from "../layers/sync/memory.ts"
import * as RsyncRunnerRsync from "../layers/sync/RsyncRunnerRsync.ts"
import * as ScpRunnerScp from "../layers/sync/ScpRunnerScp.ts"
import * as DaemonLauncherFake from "../layers/testing/DaemonLauncherFake.ts"
import * as DeployerFake from "../layers/testing/DeployerFake.ts"
import * as EventLogFake from "../layers/testing/EventLogFake.ts"
import * as HostMemoryFake from "../layers/testing/HostMemoryFake.ts"
import * as InputFake from "../layers/testing/InputFake.ts"
import * as LockFake from "../layers/testing/LockFake.ts"
import * as ProgressFake from "../layers/testing/ProgressFake.ts"
import * as PromptFake from "../layers/testing/PromptFake.ts"
import * as PtyFake from "../layers/testing/PtyFake.ts"
import * as SessionFilesFake from "../layers/testing/SessionFilesFake.ts"
import * as SignalsFake from "../layers/testing/SignalsFake.ts"
import * as SshTransportFake from "../layers/testing/SshTransportFake.ts"
import * as TtyFake from "../layers/testing/TtyFake.ts"
import * as QueryResponderLive from "../layers/vt/QueryResponderLive.ts"
import type { HostName } from "../schema/HostName.ts"
import { PROTOCOL } from "../schema/protocol/Control.ts"
import { EXCHANGE } from "../schema/protocol/Serve.ts"
import { VERSION } from "../schema/Version.ts"
import { AttachClient } from "../services/AttachClient.ts"
import { Caller } from "../services/Caller.ts"
import { DaemonLauncher } from "../services/DaemonLauncher.ts"
import { Deployer } from "../services/Deployer.ts"
import { EndedSessions } from "../services/EndedSessions.ts"
import { EventLog } from "../services/EventLog.ts"
import { RsyncRunner, ScpRunner } from "../services/FileRunner.ts"
import { FileSync } from "../services/FileSync.ts"
import { HostMemory } from "../services/HostMemory.ts"
import { Input } from "../services/Input.ts"
import { Lock } from "../services/Lock.ts"
import { OperatingSystem } from "../services/OperatingSystem.ts"
import { Output } from "../services/Output.ts"
import { Paths } from "../services/Paths.ts"
import { Progress } from "../services/Progress.ts"
import { Prompt } from "../services/Prompt.ts"
import { Pty } from "../services/Pty.ts"
import { QueryResponder } from "../services/QueryResponder.ts"
import { Remotes } from "../services/Remotes.ts"
import { Scrollback } from "../services/Scrollback.ts"
import { SessionClient } from "../services/SessionClient.ts"
import { SessionControl } from "../services/SessionControl.ts"
import { SessionDaemon } from "../services/SessionDaemon.ts"
import { SessionFiles } from "../services/SessionFiles.ts"
import { SessionRegistry } from "../services/SessionRegistry.ts"
import { SessionServer } from "../services/SessionServer.ts"
import { Signals } from "../services/Signals.ts"
import { SshTransport } from "../services/SshTransport.ts"
import { Surroundings } from "../services/Surroundings.ts"
import { Tty } from "../services/Tty.ts"

/** Command lines to run. None may wait for a timer: no timer fires (withoutTimers.ts). */
const SCENES = [
  ["--version"],
  ["--help"],
  ["--no-such-flag"],
  ["-d", "rehearsal"],
  ["-d", "second"],
  ["--names"],
  [],
  ["--json"],
  ["--serve"],
  ["--detach", "rehearsal"],
  ["@rehearsal", "rehearsal"]
]

/** A file in the home directory that is on the list. */
const SYNCED = "listed"

const QUESTION = JSON.stringify({
  version: EXCHANGE,
  sesh: VERSION,
  protocol: PROTOCOL,
  question: { ask: "sessions" }
})

/** As in main.ts and daemon.ts. Output goes to `out`. */
const layers = (out: number) =>
  onDemand(
    [AttachClient, AttachClientLive.layer],
    [Caller, CallerProcess.layer(VERSION)],
    [DaemonLauncher, DaemonLauncherFake.layer],
    [Deployer, DeployerFake.layer()],
    [EndedSessions, EndedSessionsDisk.layer],
    [EventLog, EventLogFake.layer({ isOn: false })],
    [FileSync, FileSyncLive.layer],
    [HostMemory, HostMemoryFake.layer()],
    [Input, InputFake.layer({ bytes: [`${QUESTION}\n`] })],
    [Lock, LockFake.layer],
    [OperatingSystem, OperatingSystemProcess.layer],
    [Output, OutputStdio.layerOn(out, out)],
    [Paths, PathsXdg.layer],
    [Progress, ProgressFake.layer()],
    [Prompt, PromptFake.layer()],
    [Pty, PtyFake.layer()],
    [QueryResponder, QueryResponderLive.layer],
    [Remotes, RemotesSsh.layer],
    [RsyncRunner, RsyncRunnerRsync.layer],
    [ScpRunner, ScpRunnerScp.layer],
    [Scrollback, ScrollbackRing.layer()],
    [SessionClient, SessionClientUnix.layer],
    [SessionControl, SessionControlLive.layer],
    [SessionFiles, SessionFilesFake.layer],
    [SessionDaemon, SessionDaemonLive.layer],
    [SessionRegistry, SessionRegistryFiles.layer],
    [SessionServer, SessionServerUnix.layer],
    [Signals, SignalsFake.layer],
    [SshTransport, SshTransportFake.layer()],
    [Surroundings, SurroundingsLive.layer],
    [Tty, TtyFake.layer()]
  )

/**
 * Node takes UUIDs and random integers from a cache. Filled during the rehearsal, it would be in the snapshot, and all
 * processes would take the same ones: two sessions with one id. (scripts/build.mjs handles node:crypto.)
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

/** A home directory and a standard output for the scenes: this process has no environment. */
const stage = Effect.acquireRelease(
  Effect.sync(() => {
    const home = fs.mkdtempSync(path.join(tmpdir(), "sesh-"))
    process.env["HOME"] = home
    return { home, out: fs.openSync(path.join(home, "out"), "w") }
  }),
  ({ home, out }) =>
    Effect.sync(() => {
      delete process.env["HOME"]
      fs.closeSync(out)
      fs.rmSync(home, { recursive: true, force: true })
    })
)

/** A list of files that were pushed and have not changed since. No list where changes cannot be detected. */
const rememberPush = Effect.fnUntraced(function*(home: string) {
  const { remotes, synced, syncList } = yield* Paths
  fs.mkdirSync(path.dirname(syncList), { recursive: true })
  fs.writeFileSync(syncList, `${SYNCED}\n`)
  fs.writeFileSync(path.join(home, SYNCED), "")
  makeDirectory(remotes)
  const stamp = yield* stampOf(home, [SYNCED], [], remotes)
  if (stamp === undefined) fs.rmSync(syncList)
  else writeRemembered(synced("rehearsal" as HostName), { fingerprint: "rehearsal", stamp })
})

const play = Effect.gen(function*() {
  const { home, out } = yield* stage
  const scenes = Effect.forEach(SCENES, run, { discard: true })
  yield* Effect.andThen(rememberPush(home), scenes).pipe(Effect.provide(layers(out)))
})

/** A rehearsal that fails, or does not end, stops the build. */
export const rehearse = (): void => {
  const restore = withoutRandomness()
  let outcome: Exit.Exit<void, unknown> | undefined
  Effect.runCallback(Effect.scoped(play), {
    onExit: (exit) => {
      outcome = exit
    }
  })
  v8.startupSnapshot.addSerializeCallback(() => {
    restore()
    if (outcome !== undefined && Exit.isSuccess(outcome)) return
    console.error(outcome === undefined ? "the rehearsal does not end" : Cause.pretty(outcome.cause))
    // An error thrown here would only be printed.
    process.exit(1)
  })
}
