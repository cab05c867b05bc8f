/** Starts a daemon process, and waits for its reply. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import type * as Net from "node:net"
import type { SessionSpec } from "../../schema/Session.ts"
import { childEnd, endChild } from "../system/childProcess.ts"
import { type LaunchReply, LaunchReplyJson, LaunchRequest } from "./channel.ts"

/** The daemon's process could not be started, or sent no reply that could be understood. */
export class DaemonStartError
  extends Schema.TaggedError<DaemonStartError>()("DaemonStartError", { reason: Schema.String })
{
  override get message() {
    return this.reason
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

const spawn = (command: ReadonlyArray<string>, spec: SessionSpec, stderr: number | "ignore"): Daemon => {
  const [file, ...args] = command
  const child = ChildProcess.spawn(file!, args, {
    detached: true,
    // The daemon must not keep a file system busy.
    cwd: "/",
    env: spec.env,
    stdio: ["ignore", "ignore", stderr, "pipe"]
  })
  child.on("error", () => undefined)
  // Undefined when the machine is out of processes or descriptors.
  const channel = child.stdio?.[3] as Net.Socket | undefined
  if (channel === undefined) throw new Error("no more processes or open files")
  // After an error the channel closes, and that is handled.
  channel.on("error", () => undefined)
  channel.write(`${encodeRequest(spec)}\n`)
  return { child, channel }
}

const endOf = ({ exitCode, signalCode }: ChildProcess.ChildProcess): string => {
  if (signalCode !== null) return `its process was ended by ${signalCode}`
  return exitCode === null ? "its process said nothing" : `its process ended with status ${exitCode}`
}

const readReply = ({ channel, child }: Daemon): Effect.Effect<LaunchReply, DaemonStartError> =>
  Effect.callback((resume) => {
    let text = ""
    const fail = (reason: string) => resume(Effect.fail(new DaemonStartError({ reason })))
    const ended = () => fail(endOf(child))
    child.once("error", (error) => fail(error.message))
    channel.on("data", (bytes) => {
      text += String(bytes)
      if (!text.endsWith("\n")) return
      const reply = Option.getOrUndefined(decodeReply(text))
      if (reply === undefined) fail("its process does not say what this sesh understands")
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
      const silent = new DaemonStartError({ reason: `its process was not ready in ${timeoutMs / 1_000} s` })
      return Effect.andThen(childEnd(daemon.child), Effect.fail(silent))
    })
  return Effect.acquireUseRelease(
    Effect.try({
      try: () => spawn(command, spec, stderr),
      catch: (cause) => new DaemonStartError({ reason: cause instanceof Error ? cause.message : String(cause) })
    }),
    (daemon) => Effect.timeoutOrElse(readReply(daemon), { duration: timeoutMs, orElse: () => giveUp(daemon) }),
    (daemon) => Effect.sync(() => release(daemon))
  )
}
