/** A program on a host, through an ssh process that hands its pipes to the master. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as FiberSet from "effect/FiberSet"
import type * as Scope from "effect/Scope"
import type * as ChildProcess from "node:child_process"
import type { HostName } from "../../../schema/HostName.ts"
import type { ExitStatus } from "../../../schema/Session.ts"
import { ConnectionLost, type SshMissing, type StartOptions } from "../../../services/SshTransport.ts"
import { readTail, remove } from "../../system/files.ts"
import { atEnd } from "../../system/processEvents.ts"
import { newMarker, PipedProgram } from "../shared/pipedProgram.ts"
import { remoteCommand } from "../shared/remoteCommand.ts"
import { explainLoss, readSessionLog } from "../shared/sshLog.ts"
import { NotYetStarted, type Started } from "../shared/startProgram.ts"
import * as Child from "./child.ts"
import type { Master } from "./masters.ts"
import * as Mux from "./mux.ts"
import { sessionArgs, type SshProgram } from "./options.ts"

/** ssh's exit code for its own failures; a program may have the same one (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255

export interface MuxProgramOptions {
  readonly ssh: SshProgram
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: HostName
  readonly argv: ReadonlyArray<string>
  readonly master: Master
  /** The path of this process' own log, which does not exist yet. */
  readonly log: string
  readonly input: StartOptions["input"]
}

/** Runs the effects of callbacks, until the scope ends. */
type Run = (effect: Effect.Effect<void>) => unknown

/** Finds out how it ended from the process, its log, and the master. */
const onClosed = (
  { host, log, master }: MuxProgramOptions,
  program: PipedProgram,
  code: number | null,
  run: Run
): void => {
  const session = readSessionLog(readTail(log))
  remove(log)
  const finish = (end: ExitStatus | ConnectionLost) =>
    program.finish(end, session.opened ? true : new NotYetStarted({ isBusy: session.refused, words: session.words }))
  if (code !== null && (code !== SSH_FAILED || session.exited)) return finish({ code })
  // The shell that runs the program may have been killed: then there is no status, and the connection is alive.
  const lost = (cause?: Mux.MuxGone) =>
    finish(
      new ConnectionLost({ host, words: explainLoss(readTail(master.log)), ...(cause === undefined ? {} : { cause }) })
    )
  run(Effect.match(Mux.alive(master.control), {
    onSuccess: () => code !== null && session.opened ? finish({ code }) : lost(),
    onFailure: lost
  }))
  return undefined
}

const pipe = (
  options: MuxProgramOptions,
  child: ChildProcess.ChildProcess,
  marker: string,
  run: Run,
  onStarted: (started: Started) => void
): PipedProgram => {
  const drop = () => {
    Child.end(child, true)
    for (const stream of child.stdio) stream?.destroy()
    remove(options.log)
  }
  const pipes = { stdin: child.stdin!, stdout: child.stdout!, stderr: child.stderr!, drop }
  const program = new PipedProgram(options.host, pipes, marker, onStarted)
  // Its signals are not ours, and a shell on the host that hangs does not see that we are gone.
  child.once("exit", atEnd(drop))
  child.once("close", (code) => onClosed(options, program, code, run))
  return program
}

/** Starts a program. Interrupting ends it; once returned, its end is up to the caller. */
export const startMuxProgram = Effect.fnUntraced(function*(
  options: MuxProgramOptions
): Effect.fn.Return<Started, SshMissing, Scope.Scope> {
  const { argv, env, host, log, master, ssh } = options
  const run = yield* FiberSet.makeRuntime()
  const marker = yield* newMarker
  const command = remoteCommand(argv, marker)
  const spawned = Child.spawn(ssh.file, sessionArgs(ssh, { host, control: master.control, log, command }), {
    // Ctrl-C at the user's terminal is for sesh, not for this process.
    detached: true,
    // It asks nothing; and `SendEnv` may want any of the user's variables.
    env: env as NodeJS.ProcessEnv,
    stdio: ["pipe", "pipe", "pipe"]
  })
  return yield* Effect.acquireUseRelease(
    spawned,
    (child) =>
      Effect.callback<Started>((resume) => {
        const started = pipe(options, child, marker, run, (started) => resume(Effect.succeed(started)))
        if (options.input === "none") started.program.end()
        return Effect.sync(() => started.destroy())
      }),
    (child, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.sync(() => Child.end(child, true))
  )
})
