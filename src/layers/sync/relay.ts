/** A program of this machine that talks to one on a host over the connection that is kept. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import * as ChildProcess from "node:child_process"
import type * as Net from "node:net"
import * as Path from "node:path"
import { BoundedBytes } from "../../schema/Bytes.ts"
import { exitCode, type ExitStatus } from "../../schema/Session.ts"
import { messageOf } from "../../schema/Text.ts"
import type { ConnectionLost, RemoteProgram } from "../../services/SshTransport.ts"
import { endChild, exitStatus } from "../system/childProcess.ts"
import { isAbsent } from "../system/systemError.ts"
import { FROM_HOST, readTold, TO_HOST, TOLD } from "./rsh.ts"

/** Bytes that are kept of what both sides say, of the beginning and of the end: more than anybody is shown. */
const WORDS = { first: 32 * 1024, last: 32 * 1024 }

/** Bytes of a command line that is told. */
const MAX_TOLD_BYTES = 64 * 1024

/** Milliseconds that a program has to end when asked to. */
const GRACE_MS = 1000

export interface LocalProgram {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** The home: paths are seen from there. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** Where the script is. */
  readonly rshDir: string
}

/** How the two ended. */
export interface Ended {
  /** As a shell says it. */
  readonly code: number
  /** Missing: it never was wanted. */
  readonly remote: ExitStatus | ConnectionLost | undefined
  /** What both said on standard error. */
  readonly words: string
}

/** The program here was not started. */
export class LocalNotStarted extends Schema.TaggedError<LocalNotStarted>()("LocalNotStarted", {
  file: Schema.String,
  cause: Schema.Defect()
}) {
  /** There is none. */
  get isMissing(): boolean {
    return isAbsent(this.cause)
  }
  override get message() {
    return messageOf(this.cause)
  }
}

/** Options in the user's environment would make rsync do something else. */
const quietEnv = ({ cwd, env, rshDir }: LocalProgram): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("RSYNC_"))),
  HOME: cwd,
  PATH: `${rshDir}${Path.delimiter}${env["PATH"] ?? ""}`,
  LC_MESSAGES: "C"
})

const spawn = (local: LocalProgram): Effect.Effect<ChildProcess.ChildProcess, LocalNotStarted> =>
  Effect.callback((resume) => {
    const failed = (cause: unknown) => resume(Effect.fail(new LocalNotStarted({ file: local.file, cause })))
    try {
      const child = ChildProcess.spawn(local.file, local.args, {
        cwd: local.cwd,
        env: quietEnv(local),
        // Of our own process group: Ctrl-C ends it too.
        stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", "pipe"]
      })
      child.on("error", failed)
      if (child.pid !== undefined) resume(Effect.succeed(child))
    } catch (error) {
      failed(error)
    }
  })

const end = (child: ChildProcess.ChildProcess): void => {
  for (const stream of child.stdio) stream?.destroy()
  endChild(child, GRACE_MS)
}

/** Joins the program on the host with the descriptors; tells how it ended. */
const join = (
  remote: RemoteProgram,
  fromHost: Net.Socket,
  toHost: Net.Socket,
  words: BoundedBytes,
  ended: (end: ExitStatus | ConnectionLost) => void
): void => {
  fromHost.on("drain", remote.resume)
  toHost.on("data", (bytes: Buffer) => void (remote.write(bytes) || toHost.pause()))
  toHost.on("end", remote.end)
  remote.listen({
    onData: (bytes) => void (fromHost.write(bytes) || remote.pause()),
    onStderr: (bytes) => words.add(bytes),
    onDrain: () => void toHost.resume(),
    onExit: (status) => {
      fromHost.end()
      ended(status)
    }
  })
  toHost.resume()
}

/**
 * Runs the local program, and the remote one as soon as it is wanted: `start` gets the command that the local one would
 * have given to ssh. When this returns both have ended.
 */
export const relay = <E>(
  local: LocalProgram,
  start: (told: ReadonlyArray<string>) => Effect.Effect<RemoteProgram, E, Scope.Scope>
): Effect.Effect<Ended, E | LocalNotStarted> =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(spawn(local), (child) => Effect.sync(() => end(child)))
    const words = new BoundedBytes(WORDS)
    const wanted = yield* Deferred.make<ReadonlyArray<string> | undefined>()
    const gone = yield* Deferred.make<number>()
    const over = yield* Deferred.make<ExitStatus | ConnectionLost>()
    const [fromHost, toHost, told] = [FROM_HOST, TO_HOST, TOLD].map((fd) => child.stdio[fd] as Net.Socket)
    for (const stream of [fromHost!, toHost!, told!]) stream.on("error", () => undefined)
    child.stderr!.on("data", (bytes: Buffer) => words.add(bytes))
    child.once("close", (code, signal) => {
      Deferred.doneUnsafe(wanted, Exit.succeed(undefined))
      Deferred.doneUnsafe(gone, Exit.succeed(exitCode(exitStatus(code, signal))))
    })
    let heard: Buffer = Buffer.alloc(0)
    told!.on("data", (bytes: Buffer) => {
      heard = Buffer.concat([heard, bytes])
      const argv = readTold(heard)
      if (argv !== undefined) Deferred.doneUnsafe(wanted, Exit.succeed(argv))
      else if (heard.length > MAX_TOLD_BYTES) child.kill("SIGTERM")
    })
    const argv = yield* Deferred.await(wanted)
    if (argv === undefined) {
      return { code: yield* Deferred.await(gone), remote: undefined, words: words.bytes.toString("utf8") }
    }
    const program = yield* start(argv)
    join(program, fromHost!, toHost!, words, (end) => Deferred.doneUnsafe(over, Exit.succeed(end)))
    const remote = yield* Deferred.await(over)
    return { code: yield* Deferred.await(gone), remote, words: words.bytes.toString("utf8") }
  }).pipe(Effect.scoped)
