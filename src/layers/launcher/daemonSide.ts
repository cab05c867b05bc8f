/** The daemon's side of its start: its spec from the launcher, and descriptors that it must not keep. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import type { SessionSpec, Size } from "../../schema/Session.ts"
import { messageOf } from "../../schema/Text.ts"
import { inheritedEnvironment } from "../system/inherited.ts"
import { flagsOf } from "../system/openFile.ts"
import { quietly } from "../system/quietly.ts"
import { modesOf, pixelsOf } from "../system/terminal.ts"
import { LAUNCH_FD, type LaunchReply, LaunchReplyJson, LaunchRequest, TERMINAL_FD } from "./channel.ts"

/** This process was not started by a launcher, or by one that died. */
export class LaunchInputError extends Schema.TaggedError<LaunchInputError>()("LaunchInputError", {
  /** Missing: the descriptor ended before there was a line. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return `a daemon is started by sesh itself: ${
      this.cause === undefined ? "the launcher said nothing" : messageOf(this.cause)
    }`
  }
}

/** `O_CLOEXEC` as /proc shows it, in octal (proc_pid_fdinfo(5)). */
const CLOEXEC = 0o2000000

/** False for the descriptor that read the directory: it is closed by now. */
const inherited = (fd: number): boolean => {
  const flags = flagsOf(fd)
  return flags !== undefined && (flags & CLOEXEC) === 0
}

/**
 * Closes descriptors inherited from the launcher's parent: a shell's process substitution uses 63, and would wait as
 * long as the session lives. Node closes none, and at its start keeps only the low ones from its own children. Linux
 * only: on macOS libuv starts children with POSIX_SPAWN_CLOEXEC_DEFAULT, which passes on only the requested ones. To be
 * called before we open any descriptor. `platform` as in Node.
 */
export const closeInherited = (platform: string = process.platform): void => {
  if (platform !== "linux") return
  for (const entry of Fs.readdirSync("/proc/self/fd")) {
    const fd = Number(entry)
    if (fd > 2 && fd !== LAUNCH_FD && fd !== TERMINAL_FD && inherited(fd)) Fs.closeSync(fd)
  }
}

/** Blocks; the launcher has already written the line. Undefined when it has not. */
const readLine = (fd: number): string | undefined => {
  const chunk = Buffer.alloc(64 * 1024)
  const chunks: Array<Buffer> = []
  while (true) {
    const count = Fs.readSync(fd, chunk)
    const end = chunk.subarray(0, count).indexOf("\n")
    chunks.push(Buffer.from(chunk.subarray(0, end === -1 ? count : end)))
    if (end !== -1) return Buffer.concat(chunks).toString("utf8")
    if (count === 0) return undefined
  }
}

const decodeRequest = Schema.decodeUnknownEffect(LaunchRequest)

/** What the creator's terminal says, which is closed then: its owner may end any time. */
const readTerminal = (size: Size): Partial<Pick<SessionSpec, "modes" | "size">> => {
  const modes = modesOf(TERMINAL_FD)
  const pixels = pixelsOf(TERMINAL_FD)
  quietly(() => Fs.closeSync(TERMINAL_FD))
  return { ...(modes === undefined ? {} : { modes }), size: { ...size, ...pixels } }
}

/** The spec to start. */
export const readLaunch = (): Effect.Effect<SessionSpec, LaunchInputError> =>
  Effect.try({ try: () => readLine(LAUNCH_FD), catch: (cause) => new LaunchInputError({ cause }) }).pipe(
    Effect.flatMap((line) =>
      line === undefined
        ? Effect.fail(new LaunchInputError({}))
        : Effect.mapError(decodeRequest(line), (cause) => new LaunchInputError({ cause }))
    ),
    Effect.map(({ env = inheritedEnvironment(), hasTerminal, ...spec }) => ({
      ...spec,
      env,
      ...(hasTerminal === true ? readTerminal(spec.size) : {})
    }))
  )

const encodeReply = Schema.encodeSync(LaunchReplyJson)

/** Tells the launcher how the start went, and closes the channel. A launcher that is gone already is ignored. */
export const sendReply = (reply: LaunchReply): Effect.Effect<void> =>
  Effect.ignore(Effect.try(() => {
    try {
      Fs.writeSync(LAUNCH_FD, `${encodeReply(reply)}\n`)
    } finally {
      Fs.closeSync(LAUNCH_FD)
    }
  }))
