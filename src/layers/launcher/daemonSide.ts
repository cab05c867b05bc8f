/** The daemon's side of its start: what it was given by the launcher, and what it should not have been given. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import type { SessionSpec } from "../../schema/Session.ts"
import { quietly } from "../system/quietly.ts"
import { LAUNCH_FD, type LaunchReply, LaunchReplyJson, LaunchRequest } from "./channel.ts"

/** This process was not started by a launcher, or by one that died. */
export class LaunchInputError extends Schema.TaggedError<LaunchInputError>()("LaunchInputError", {
  reason: Schema.String
}) {
  override get message() {
    return `a daemon is started by sesh itself: ${this.reason}`
  }
}

/** `O_CLOEXEC` as /proc shows it, in octal (proc_pid_fdinfo(5)). */
const CLOEXEC = 0o2000000

const inherited = (fd: number): boolean =>
  // The descriptor with which the directory was read.
  quietly(() => {
    const flags = /^flags:\s*([0-7]+)$/m.exec(Fs.readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"))?.[1]
    return flags !== undefined && (Number.parseInt(flags, 8) & CLOEXEC) === 0
  }, false)

/**
 * Closes descriptors that came along from whoever ran the launcher: a shell's process substitution uses 63, and would
 * wait for us as long as the session lives. Node closes none, and marks only the low ones at its start so that its own
 * children do not get them. Linux only: on macOS libuv starts children with POSIX_SPAWN_CLOEXEC_DEFAULT, which hands on
 * nothing but what was asked for. Before anything of ours is opened.
 */
export const closeInherited = (): void => {
  if (process.platform !== "linux") return
  for (const entry of Fs.readdirSync("/proc/self/fd")) {
    const fd = Number(entry)
    if (fd > 2 && fd !== LAUNCH_FD && inherited(fd)) Fs.closeSync(fd)
  }
}

/** The descriptor blocks, and the launcher has written before it waits. */
const readLine = (fd: number): string => {
  const chunk = Buffer.alloc(64 * 1024)
  const chunks: Array<Buffer> = []
  while (true) {
    const count = Fs.readSync(fd, chunk)
    const end = chunk.subarray(0, count).indexOf("\n")
    chunks.push(Buffer.from(chunk.subarray(0, end === -1 ? count : end)))
    if (end !== -1) return Buffer.concat(chunks).toString("utf8")
    if (count === 0) throw new Error("the launcher said nothing")
  }
}

const decodeRequest = Schema.decodeUnknownEffect(LaunchRequest)

/** What to start, with this process's environment for the session's. */
export const readLaunch = (): Effect.Effect<SessionSpec, LaunchInputError> =>
  Effect.try(() => readLine(LAUNCH_FD)).pipe(
    Effect.mapError(({ cause }) => cause),
    Effect.flatMap(decodeRequest),
    Effect.map((request) => ({
      ...request,
      env: Object.fromEntries(
        Object.entries(process.env).filter((entry): entry is [string, string] => entry[1] !== undefined)
      )
    })),
    Effect.mapError((cause) => new LaunchInputError({ reason: cause instanceof Error ? cause.message : String(cause) }))
  )

const encodeReply = Schema.encodeSync(LaunchReplyJson)

/** Tells the launcher how it went, and lets it go. One that is gone already is none of the session's business. */
export const answer = (reply: LaunchReply): Effect.Effect<void> =>
  Effect.ignore(Effect.try(() => {
    try {
      Fs.writeSync(LAUNCH_FD, `${encodeReply(reply)}\n`)
    } finally {
      Fs.closeSync(LAUNCH_FD)
    }
  }))
