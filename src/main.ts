/** The `sesh` command: its layers, and how it ends. */
import * as Cause from "effect/Cause"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { run } from "./commands/run.ts"
import * as AttachClient from "./layers/AttachClientLive.ts"
import * as Caller from "./layers/CallerProcess.ts"
import * as DaemonLauncher from "./layers/DaemonLauncherProcess.ts"
import * as Deployer from "./layers/DeployerSsh.ts"
import * as Input from "./layers/InputStdio.ts"
import * as Lock from "./layers/LockSqlite.ts"
import * as Output from "./layers/OutputStdio.ts"
import * as Paths from "./layers/PathsXdg.ts"
import * as SessionClient from "./layers/SessionClientUnix.ts"
import * as SessionControl from "./layers/SessionControlLive.ts"
import * as SessionFiles from "./layers/SessionFilesDisk.ts"
import * as SessionRegistry from "./layers/SessionRegistryFiles.ts"
import * as Signals from "./layers/SignalsProcess.ts"
import * as SshTransport from "./layers/SshTransportOpenSsh.ts"
import * as standIns from "./layers/standIns.ts"
import * as Tty from "./layers/TtyNode.ts"
import { VERSION } from "./schema/Version.ts"

const layers = Layer.mergeAll(AttachClient.layer, SessionControl.layer, Deployer.layer()).pipe(
  Layer.provideMerge(SessionRegistry.layer),
  Layer.provideMerge(DaemonLauncher.layer()),
  Layer.provideMerge(Layer.mergeAll(SessionClient.layer, SessionFiles.layer)),
  Layer.provideMerge(Layer.mergeAll(Lock.layer, SshTransport.layer())),
  Layer.provideMerge(Layer.mergeAll(standIns.hosts, standIns.progress, standIns.remotes)),
  Layer.provideMerge(Layer.mergeAll(Paths.layer, Tty.layer, Input.layer, Output.layer, Signals.layer)),
  Layer.provideMerge(Caller.layer(VERSION))
)

/**
 * Runs one command line, then ends the process: an open standard input would keep it alive for ever, and what else is
 * open closes with it.
 */
export const main = (argv: ReadonlyArray<string>): void => {
  const ended = Effect.map(run(argv), (code) => process.exit(code))
  Effect.runCallback(ended.pipe(Effect.provide(layers)), {
    onExit: (exit) => {
      console.error(`sesh: internal error\n${Exit.isFailure(exit) ? Cause.pretty(exit.cause) : "it did not end"}`)
      process.exit(1)
    }
  })
}
