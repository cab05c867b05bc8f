/** Connects a program of this machine to one on a host, over the connection that is kept. */
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { ChildProcess } from "node:child_process"
import type * as Net from "node:net"
import * as Path from "node:path"
import { BoundedBytes } from "../../schema/Bytes.ts"
import { exitCode, type ExitStatus } from "../../schema/Session.ts"
import { messageOf } from "../../schema/Text.ts"
import type { ConnectionLost, RemoteProgram } from "../../services/SshTransport.ts"
import { endChild, exitStatus, spawnChild } from "../system/childProcess.ts"
import { isAbsent, shortageOf } from "../system/systemError.ts"
import { ARGUMENTS, FROM_HOST, readArguments, TO_HOST } from "./rsh.ts"

/** Bytes of both programs' standard error that are kept, from its beginning and its end: more than is ever shown. */
const KEPT_OUTPUT = { first: 32 * 1024, last: 32 * 1024 }

/** Bytes of the command that the script reports. */
const MAX_COMMAND_BYTES = 64 * 1024

/** Milliseconds that a program has to end when asked to. */
const END_MS = 1000

export interface LocalProgram {
  readonly file: string
  readonly args: ReadonlyArray<string>
  /** The home: paths are relative to it. */
  readonly cwd: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The directory of the script. */
  readonly rshDir: string
  /** Called with the number of bytes of each piece for the host. */
  readonly onSent: ((bytes: number) => void) | undefined
}

/** How the two programs ended. */
export interface Ended {
  /** The exit status, as a shell reports it. */
  readonly code: number
  /** Undefined: it was never requested. */
  readonly remote: ExitStatus | ConnectionLost | undefined
  /** The standard error of both. */
  readonly words: string
}

/** The local program was not started. */
export class LocalNotStarted extends Schema.TaggedError<LocalNotStarted>()("LocalNotStarted", {
  file: Schema.String,
  cause: Schema.Defect()
}) {
  /** It is not installed. */
  get isMissing(): boolean {
    return isAbsent(this.cause)
  }
  override get message() {
    return shortageOf(this.cause) ?? messageOf(this.cause)
  }
}

/** Options in the user's environment would change what rsync does. */
const quietEnv = ({ cwd, env, rshDir }: LocalProgram): NodeJS.ProcessEnv => ({
  ...Object.fromEntries(Object.entries(env).filter(([name]) => !name.startsWith("RSYNC_"))),
  HOME: cwd,
  PATH: `${rshDir}${Path.delimiter}${env["PATH"] ?? ""}`,
  LC_MESSAGES: "C"
})

const spawn = (local: LocalProgram): Effect.Effect<ChildProcess, LocalNotStarted> =>
  Effect.callback((resume) => {
    const child = spawnChild(
      local.file,
      local.args,
      {
        cwd: local.cwd,
        env: quietEnv(local),
        // In our own process group: Ctrl-C ends it too.
        stdio: ["ignore", "ignore", "pipe", "pipe", "pipe", "pipe"]
      },
      (cause) => resume(Effect.fail(new LocalNotStarted({ file: local.file, cause })))
    )
    if (child !== undefined) resume(Effect.succeed(child))
  })

const end = (child: ChildProcess): void => {
  for (const stream of child.stdio) stream?.destroy()
  endChild(child, END_MS)
}

/** Connects the remote program to the descriptors; reports how it ended. */
const join = (
  remote: RemoteProgram,
  fromHost: Net.Socket,
  toHost: Net.Socket,
  words: BoundedBytes,
  onSent: LocalProgram["onSent"],
  ended: (end: ExitStatus | ConnectionLost) => void
): void => {
  fromHost.on("drain", remote.resume)
  // Nobody reads any more: the rest is dropped, so that the remote program can end.
  fromHost.on("close", remote.resume)
  toHost.on("data", (bytes: Buffer) => {
    onSent?.(bytes.length)
    if (!remote.write(bytes)) toHost.pause()
  })
  toHost.on("end", remote.end)
  remote.listen({
    onData: (bytes) => void (fromHost.destroyed || fromHost.write(bytes) || remote.pause()),
    onStderr: (bytes) => words.add(bytes),
    onDrain: () => void toHost.resume(),
    onExit: (status) => {
      fromHost.end()
      // Nobody reads it any more, and the local program has not ended before all of it is taken.
      toHost.removeAllListeners("data").resume()
      ended(status)
    }
  })
  toHost.resume()
}

/**
 * Runs the local program, and the remote one as soon as it is requested: `start` gets the command that the local
 * program would have given to ssh. When this returns, both have ended.
 */
export const relay = <E>(
  local: LocalProgram,
  start: (requested: ReadonlyArray<string>) => Effect.Effect<RemoteProgram, E, Scope.Scope>
): Effect.Effect<Ended, E | LocalNotStarted> =>
  Effect.gen(function*() {
    const child = yield* Effect.acquireRelease(spawn(local), (child) => Effect.sync(() => end(child)))
    const words = new BoundedBytes(KEPT_OUTPUT)
    const command = yield* Deferred.make<ReadonlyArray<string> | undefined>()
    const localEnd = yield* Deferred.make<number>()
    const remoteEnd = yield* Deferred.make<ExitStatus | ConnectionLost>()
    const [fromHost, toHost, commandPipe] = [FROM_HOST, TO_HOST, ARGUMENTS].map((fd) => child.stdio[fd] as Net.Socket)
    for (const stream of [fromHost!, toHost!, commandPipe!]) stream.on("error", () => undefined)
    child.stderr!.on("data", (bytes: Buffer) => words.add(bytes))
    child.once("close", (code, signal) => {
      Deferred.doneUnsafe(command, Exit.succeed(undefined))
      Deferred.doneUnsafe(localEnd, Exit.succeed(exitCode(exitStatus(code, signal))))
    })
    let received: Buffer = Buffer.alloc(0)
    commandPipe!.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      const argv = readArguments(received)
      if (argv !== undefined) Deferred.doneUnsafe(command, Exit.succeed(argv))
      else if (received.length > MAX_COMMAND_BYTES) child.kill("SIGTERM")
    })
    const argv = yield* Deferred.await(command)
    if (argv === undefined) {
      return { code: yield* Deferred.await(localEnd), remote: undefined, words: words.bytes.toString("utf8") }
    }
    const program = yield* start(argv)
    join(program, fromHost!, toHost!, words, local.onSent, (end) => Deferred.doneUnsafe(remoteEnd, Exit.succeed(end)))
    const remote = yield* Deferred.await(remoteEnd)
    return { code: yield* Deferred.await(localEnd), remote, words: words.bytes.toString("utf8") }
  }).pipe(Effect.scoped)
