/** Starts a daemon process, and waits for its reply. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import type * as Net from "node:net"
import { isatty } from "node:tty"
import type { SessionSpec } from "../../schema/Session.ts"
import { messageOf } from "../../schema/Text.ts"
import { childEnd, endChild } from "../system/childProcess.ts"
import { shortageOf } from "../system/systemError.ts"
import { type LaunchReply, LaunchReplyJson, LaunchRequest } from "./channel.ts"

/** The daemon's process could not be started, or sent no reply that could be understood. */
export class DaemonStartError extends Schema.TaggedError<DaemonStartError>()("DaemonStartError", {
  /** `exited`: see `status` and `signal`; without either its channel was closed. `late`: see `timeoutMs`. */
  fault: Schema.Literals(["not spawned", "no descriptors", "exited", "garbled", "late"]),
  status: Schema.optionalKey(Schema.Int),
  signal: Schema.optionalKey(Schema.String),
  timeoutMs: Schema.optionalKey(Schema.Finite),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    switch (this.fault) {
      case "not spawned":
        return shortageOf(this.cause) ?? messageOf(this.cause)
      case "no descriptors":
        return "too many open files (ulimit -n)"
      case "garbled":
        return "its process does not say what this sesh understands"
      case "late":
        return `its process was not ready in ${(this.timeoutMs ?? 0) / 1_000} s`
      case "exited":
        if (this.signal !== undefined) return `its process was ended by ${this.signal}`
        return this.status === undefined ? "its process said nothing" : `its process ended with status ${this.status}`
    }
  }
}

/** How long a process may take to exit after its channel has closed, or after it was told to end. */
const EXIT_MS = 500

const encodeRequest = Schema.encodeSync(LaunchRequest)
const decodeReply = Schema.decodeUnknownOption(LaunchReplyJson)

interface Daemon {
  readonly child: ChildProcess.ChildProcess
  readonly channel: Net.Socket
}

const spawn = (
  command: ReadonlyArray<string>,
  spec: SessionSpec,
  stderr: number | "ignore"
): Result.Result<Daemon, DaemonStartError> => {
  const [file, ...args] = command
  const terminal = [0, 1].find((fd) => isatty(fd))
  const child = ChildProcess.spawn(file!, args, {
    detached: true,
    // The daemon must not keep a file system busy.
    cwd: "/",
    env: spec.env,
    stdio: ["ignore", "ignore", stderr, "pipe", ...(terminal === undefined ? [] : [terminal])]
  })
  child.on("error", () => undefined)
  // Undefined when the machine is out of processes or descriptors.
  const channel = child.stdio?.[3] as Net.Socket | undefined
  if (channel === undefined) return Result.fail(new DaemonStartError({ fault: "no descriptors" }))
  // After an error the channel closes, and that is handled.
  channel.on("error", () => undefined)
  channel.write(`${encodeRequest({ ...spec, hasTerminal: terminal !== undefined })}\n`)
  return Result.succeed({ child, channel })
}

const endOf = ({ exitCode, signalCode }: ChildProcess.ChildProcess): DaemonStartError => {
  if (signalCode !== null) return new DaemonStartError({ fault: "exited", signal: signalCode })
  return new DaemonStartError({ fault: "exited", ...(exitCode === null ? {} : { status: exitCode }) })
}

const readReply = ({ channel, child }: Daemon): Effect.Effect<LaunchReply, DaemonStartError> =>
  Effect.callback((resume) => {
    let text = ""
    const fail = (error: DaemonStartError) => resume(Effect.fail(error))
    const ended = () => fail(endOf(child))
    child.once("error", (cause) => fail(new DaemonStartError({ fault: "not spawned", cause })))
    channel.on("data", (bytes) => {
      text += String(bytes)
      if (!text.endsWith("\n")) return
      const reply = Option.getOrUndefined(decodeReply(text))
      if (reply === undefined) fail(new DaemonStartError({ fault: "garbled" }))
      else resume(Effect.succeed(reply))
    })
    channel.once("close", () => {
      if (child.exitCode !== null || child.signalCode !== null) return ended()
      child.once("exit", ended)
      setTimeout(ended, EXIT_MS).unref()
    })
  })

/** Lets the daemon go on when this process ends. */
const release = ({ channel, child }: Daemon): void => {
  channel.removeAllListeners("close").destroy()
  child.removeAllListeners()
  child.on("error", () => undefined)
  child.unref()
}

/** Starts the command, detached for good. A process that does not reply in time is ended. */
export const startDaemon = (options: {
  readonly command: ReadonlyArray<string>
  readonly spec: SessionSpec
  readonly stderr: number | "ignore"
  readonly timeoutMs: number
}): Effect.Effect<LaunchReply, DaemonStartError> => {
  const { command, timeoutMs, spec, stderr } = options
  const giveUp = (daemon: Daemon) =>
    Effect.suspend(() => {
      endChild(daemon.child, EXIT_MS)
      const silent = new DaemonStartError({ fault: "late", timeoutMs })
      return Effect.andThen(childEnd(daemon.child), Effect.fail(silent))
    })
  return Effect.acquireUseRelease(
    Effect.try({
      try: () => spawn(command, spec, stderr),
      catch: (cause) => new DaemonStartError({ fault: "not spawned", cause })
    }).pipe(Effect.flatMap(Effect.fromResult)),
    (daemon) => Effect.timeoutOrElse(readReply(daemon), { duration: timeoutMs, orElse: () => giveUp(daemon) }),
    (daemon) => Effect.sync(() => release(daemon))
  )
}
