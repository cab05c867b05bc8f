/** The `sesh` command: its layers, and how it ends. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { run } from "./commands/run.ts"
import * as AttachClientLive from "./layers/attach/AttachClientLive.ts"
import * as SessionClientUnix from "./layers/connection/SessionClientUnix.ts"
import * as CallerProcess from "./layers/console/CallerProcess.ts"
import * as InputStdio from "./layers/console/InputStdio.ts"
import * as OperatingSystemProcess from "./layers/console/OperatingSystemProcess.ts"
import * as OutputStdio from "./layers/console/OutputStdio.ts"
import * as ProgressTerminal from "./layers/console/ProgressTerminal.ts"
import * as PromptTerminal from "./layers/console/PromptTerminal.ts"
import * as SignalsProcess from "./layers/console/SignalsProcess.ts"
import * as TtyNode from "./layers/console/TtyNode.ts"
import * as DeployerSsh from "./layers/deploy/DeployerSsh.ts"
import * as EventLogJsonl from "./layers/events/EventLogJsonl.ts"
import * as SessionsLogged from "./layers/events/SessionsLogged.ts"
import * as DaemonLauncherProcess from "./layers/launcher/DaemonLauncherProcess.ts"
import { onDemand } from "./layers/onDemand.ts"
import * as PackageRegistryHttp from "./layers/packages/PackageRegistryHttp.ts"
import * as LockSqlite from "./layers/paths/LockSqlite.ts"
import * as PathsXdg from "./layers/paths/PathsXdg.ts"
import * as HostMemoryFiles from "./layers/remote/HostMemoryFiles.ts"
import * as RemotesSsh from "./layers/remote/RemotesSsh.ts"
import * as EndedSessionsDisk from "./layers/sessions/EndedSessionsDisk.ts"
import * as SessionControlLive from "./layers/sessions/SessionControlLive.ts"
import * as SessionRegistryFiles from "./layers/sessions/SessionRegistryFiles.ts"
import * as SurroundingsLive from "./layers/sessions/SurroundingsLive.ts"
import * as SshTransportChosen from "./layers/ssh/SshTransportChosen.ts"
import * as FileSyncLive from "./layers/sync/FileSyncLive.ts"
import * as RsyncRunnerRsync from "./layers/sync/RsyncRunnerRsync.ts"
import * as ScpRunnerScp from "./layers/sync/ScpRunnerScp.ts"
import { endPlainly, endProcess } from "./layers/system/endProcess.ts"
import { keepStandardError } from "./layers/system/openFile.ts"
import { VERSION } from "./schema/Version.ts"
import { AttachClient } from "./services/AttachClient.ts"
import { Caller } from "./services/Caller.ts"
import { DaemonLauncher } from "./services/DaemonLauncher.ts"
import { Deployer } from "./services/Deployer.ts"
import { EndedSessions } from "./services/EndedSessions.ts"
import { EventLog } from "./services/EventLog.ts"
import { RsyncRunner, ScpRunner } from "./services/FileRunner.ts"
import { FileSync } from "./services/FileSync.ts"
import { HostMemory } from "./services/HostMemory.ts"
import { Input } from "./services/Input.ts"
import { Lock } from "./services/Lock.ts"
import { OperatingSystem } from "./services/OperatingSystem.ts"
import { Output } from "./services/Output.ts"
import { PackageRegistry } from "./services/PackageRegistry.ts"
import { Paths } from "./services/Paths.ts"
import { Progress } from "./services/Progress.ts"
import { Prompt } from "./services/Prompt.ts"
import { Remotes } from "./services/Remotes.ts"
import { SessionClient } from "./services/SessionClient.ts"
import { SessionControl } from "./services/SessionControl.ts"
import { SessionRegistry } from "./services/SessionRegistry.ts"
import { Signals } from "./services/Signals.ts"
import { SshTransport } from "./services/SshTransport.ts"
import { Surroundings } from "./services/Surroundings.ts"
import { Tty } from "./services/Tty.ts"

/** A service a line, in any order: what a request does not use is not made. */
const layers = onDemand(
  [AttachClient, SessionsLogged.attaching(AttachClientLive.layer)],
  [Caller, CallerProcess.layer(VERSION)],
  [DaemonLauncher, SessionsLogged.launching(DaemonLauncherProcess.layer())],
  [Deployer, DeployerSsh.layer()],
  [EndedSessions, EndedSessionsDisk.layer],
  [EventLog, EventLogJsonl.layer],
  [FileSync, FileSyncLive.layer],
  [HostMemory, HostMemoryFiles.layer],
  [Input, InputStdio.layer],
  [Lock, LockSqlite.layer],
  [OperatingSystem, OperatingSystemProcess.layer],
  [Output, OutputStdio.layer],
  [PackageRegistry, PackageRegistryHttp.layer],
  [Paths, PathsXdg.layer],
  [Progress, ProgressTerminal.layer],
  [Prompt, PromptTerminal.layer],
  [Remotes, RemotesSsh.layer],
  [RsyncRunner, RsyncRunnerRsync.layer],
  [ScpRunner, ScpRunnerScp.layer],
  [SessionClient, SessionClientUnix.layer],
  [SessionControl, SessionsLogged.controlling(SessionControlLive.layer)],
  [SessionRegistry, SessionRegistryFiles.layer],
  [Signals, SignalsProcess.layer],
  [SshTransport, SshTransportChosen.layer()],
  [Surroundings, SurroundingsLive.layer],
  [Tty, TtyNode.layer]
)

/**
 * Runs one command line, then ends the process: an open standard input would keep it alive for ever, and what else is
 * open closes with it.
 */
export const main = (argv: ReadonlyArray<string>): void => {
  keepStandardError()
  endPlainly()
  const ended = Effect.map(run(argv), endProcess)
  Effect.runCallback(ended.pipe(Effect.provide(layers)), {
    onExit: (exit) => {
      console.error(`sesh: internal error\n${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "it did not end"}`)
      process.exit(1)
    }
  })
}
