/** Starts a daemon process and waits for its one line. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import type * as Net from "node:net"
import type { SessionSpec } from "../../schema/Session.ts"
import { childEnd, endChild } from "../system/childProcess.ts"
import { type LaunchReply, LaunchReplyJson, LaunchRequest } from "./channel.ts"

/** The daemon cannot be started, or was there and said nothing that could be understood. */
export class DaemonSilent extends Schema.TaggedError<DaemonSilent>()("DaemonSilent", { reason: Schema.String }) {
  override get message() {
    return this.reason
  }
}

/** How long after its last word, or when it is told to end, a process may take to be gone, in milliseconds. */
const END_MS = 500

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
  // There is none when the machine is out of processes or descriptors.
  const channel = child.stdio?.[3] as Net.Socket | undefined
  if (channel === undefined) throw new Error("no more processes or open files")
  // Whatever goes wrong with it, its end says so.
  channel.on("error", () => undefined)
  channel.write(`${encodeRequest(spec)}\n`)
  return { child, channel }
}

const endOf = ({ exitCode, signalCode }: ChildProcess.ChildProcess): string => {
  if (signalCode !== null) return `its process was ended by ${signalCode}`
  return exitCode === null ? "its process said nothing" : `its process ended with status ${exitCode}`
}

const reply = ({ channel, child }: Daemon): Effect.Effect<LaunchReply, DaemonSilent> =>
  Effect.callback((resume) => {
    let said = ""
    const fail = (reason: string) => resume(Effect.fail(new DaemonSilent({ reason })))
    const ended = () => fail(endOf(child))
    child.once("error", (error) => fail(error.message))
    channel.on("data", (bytes) => {
      said += String(bytes)
      if (!said.endsWith("\n")) return
      const understood = Option.getOrUndefined(decodeReply(said))
      if (understood === undefined) fail("its process does not say what this sesh understands")
      else resume(Effect.succeed(understood))
    })
    channel.once("close", () => {
      if (child.exitCode !== null || child.signalCode !== null) return ended()
      child.once("exit", ended)
      setTimeout(ended, END_MS).unref()
    })
  })

/** It goes on by itself, whatever becomes of us. */
const release = ({ channel, child }: Daemon): void => {
  channel.removeAllListeners("close").destroy()
  child.removeAllListeners()
  child.on("error", () => undefined)
  child.unref()
}

/** Starts the command, detached for good. One that says nothing for too long is ended. */
export const startDaemon = (options: {
  readonly command: ReadonlyArray<string>
  readonly spec: SessionSpec
  readonly stderr: number | "ignore"
  readonly patience: number
}): Effect.Effect<LaunchReply, DaemonSilent> => {
  const { command, patience, spec, stderr } = options
  const give = (daemon: Daemon) =>
    Effect.suspend(() => {
      endChild(daemon.child, END_MS)
      const silent = new DaemonSilent({ reason: `its process was not ready in ${patience / 1_000} s` })
      return Effect.andThen(childEnd(daemon.child), Effect.fail(silent))
    })
  return Effect.acquireUseRelease(
    Effect.try({
      try: () => spawn(command, spec, stderr),
      catch: (cause) => new DaemonSilent({ reason: cause instanceof Error ? cause.message : String(cause) })
    }),
    (daemon) => Effect.timeoutOrElse(reply(daemon), { duration: patience, orElse: () => give(daemon) }),
    (daemon) => Effect.sync(() => release(daemon))
  )
}
