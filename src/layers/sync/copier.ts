/** Runs rsync or scp over the connection that is kept, and judges the result. */
import * as Effect from "effect/Effect"
import { NO_EXIT_CODE } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import { exitCode } from "../../schema/Session.ts"
import { Caller } from "../../services/Caller.ts"
import { type PushOptions, ToolMissing } from "../../services/FileRunner.ts"
import { Paths, PathsError } from "../../services/Paths.ts"
import { type ConnectFailure, ConnectionLost, SshTransport } from "../../services/SshTransport.ts"
import { type Ended, relay } from "./relay.ts"
import { placeScript } from "./rsh.ts"

/** The status of a missing program in a shell (POSIX, Shell Command Language 2.8.2). */
const NOT_FOUND = 127

export interface CopyFailure {
  readonly exitCode: number
  readonly words: string
  /** The failure is not about the paths: other paths would fail too. */
  readonly isFatal: boolean
}

const fatal = (exitCode: number, words: string): CopyFailure => ({ exitCode, words, isFatal: true })

const judge = ({ code, remote, words }: Ended): CopyFailure | undefined => {
  if (remote instanceof ConnectionLost) return fatal(code, remote.message)
  // Only the remote program may know of a failure on the host; and vanished files (rsync's 24) hide no failure (23).
  const failures = [code, remote === undefined ? 0 : exitCode(remote)].filter((status) => status !== 0)
  if (failures.length === 0) return undefined
  return { exitCode: Math.min(...failures), words, isFatal: remote === undefined }
}

/**
 * Copies with `tool`: `args` are for the local program, `remoteCommand` turns the command that it requests into the one
 * to run on the host. Undefined: it succeeded.
 */
export const makeCopier = (tool: string) =>
  Effect.gen(function*() {
    const { env, home } = yield* Caller
    const paths = yield* Paths
    const ssh = yield* SshTransport

    const ready = paths.ensure.pipe(
      Effect.andThen(Effect.try({
        try: () => placeScript(paths.dir),
        catch: (cause) =>
          new PathsError({ path: paths.dir, problem: String(cause), advice: "is the disk full?", cause })
      }))
    )

    return (
      host: HostName,
      args: ReadonlyArray<string>,
      remoteCommand: (requested: ReadonlyArray<string>) => ReadonlyArray<string>,
      options: PushOptions | undefined
    ): Effect.Effect<CopyFailure | undefined, ConnectFailure | ToolMissing> =>
      Effect.gen(function*() {
        yield* ready
        const local = { file: tool, args, cwd: home, env, rshDir: paths.dir, onSent: options?.onSent }
        const ended = yield* relay(local, (requested) => ssh.start(host, remoteCommand(requested), options))
        const { remote } = ended
        if (remote !== undefined && !(remote instanceof ConnectionLost) && remote.code === NOT_FOUND) {
          return yield* new ToolMissing({ tool, where: "there" })
        }
        return judge(ended)
      }).pipe(
        Effect.catch((error): Effect.Effect<CopyFailure, ConnectFailure | ToolMissing> => {
          switch (error._tag) {
            case "LocalNotStarted":
              return error.isMissing
                ? Effect.fail(new ToolMissing({ tool, where: "here", cause: error }))
                : Effect.succeed(fatal(NO_EXIT_CODE, error.message))
            case "ConnectionLost":
            case "NoShell":
            case "ShellStuck":
            case "BadArgument":
            case "PathsError":
              return Effect.succeed(fatal(NO_EXIT_CODE, error.message))
            default:
              return Effect.fail(error)
          }
        })
      )
  })
