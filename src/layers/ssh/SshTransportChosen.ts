import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { readTransport } from "../../schema/Variables.ts"
import { Caller } from "../../services/Caller.ts"
import { type OperatingSystem } from "../../services/OperatingSystem.ts"
import type { Paths } from "../../services/Paths.ts"
import { AsksNobody, type ConnectOptions, SshMissing, SshTransport } from "../../services/SshTransport.ts"
import { Tty } from "../../services/Tty.ts"
import { quietly } from "../system/quietly.ts"
import * as SshTransportOpenSsh from "./openssh/SshTransportOpenSsh.ts"
import * as SshTransportSsh2 from "./ssh2/SshTransportSsh2.ts"

type Env = Readonly<Record<string, string | undefined>>

const isProgram = (path: string): boolean =>
  quietly(() => {
    Fs.accessSync(path, Fs.constants.X_OK)
    return Fs.statSync(path).isFile()
  }, false)

const isOnPath = (program: string, env: Env): boolean =>
  (env["PATH"] ?? "").split(Path.delimiter).some((dir) => dir !== "" && isProgram(Path.join(dir, program)))

/** The user's choice, or OpenSSH where there is an `ssh`. */
export const transportFor = (env: Env): Effect.Effect<"openssh" | "ssh2", SshMissing> =>
  Effect.fromResult(readTransport(env["SESH_SSH"])).pipe(
    Effect.map((choice) => choice ?? (isOnPath("ssh", env) ? "openssh" : "ssh2")),
    Effect.mapError((cause) => new SshMissing({ problem: cause.problem, advice: cause.advice, cause }))
  )

export interface SshTransportChosenOptions {
  /** Configuration file instead of the user's and the system's. */
  readonly config?: string
}

/** What either transport needs. */
type Needed = Caller | OperatingSystem | Paths

/**
 * The transport is chosen and loaded at its first use: a process that needs no host loads none. While the terminal is
 * taken nothing is asked on it, whoever connects; nor where nobody is to be asked.
 */
export const layer = (options: SshTransportChosenOptions = {}): Layer.Layer<SshTransport, never, Needed | Tty> =>
  Layer.effect(
    SshTransport,
    Effect.gen(function*() {
      const context = yield* Effect.context<Needed>()
      const scope = yield* Effect.scope
      const { env } = Context.get(context, Caller)
      const tty = yield* Tty
      const quiet = <O extends ConnectOptions>(options: O | undefined) =>
        Effect.map(
          AsksNobody,
          (asksNobody): O | undefined =>
            options !== undefined && (asksNobody || tty.isTaken()) ? { ...options, prompts: "batch" } : options
        )
      const chosen = yield* Effect.cached(
        transportFor(env).pipe(
          Effect.flatMap((name): Effect.Effect<Context.Context<SshTransport>> => {
            const layer: Layer.Layer<SshTransport, never, Needed> = name === "openssh"
              ? SshTransportOpenSsh.layer(options)
              : SshTransportSsh2.layer(options)
            return Effect.provide(Layer.buildWithScope(layer, scope), context)
          }),
          Effect.map(Context.get(SshTransport)),
          Effect.uninterruptible
        )
      )
      return SshTransport.of({
        exec: (host, argv, options) =>
          Effect.flatMap(Effect.all([chosen, quiet(options)]), ([ssh, options]) => ssh.exec(host, argv, options)),
        start: (host, argv, options) =>
          Effect.flatMap(Effect.all([chosen, quiet(options)]), ([ssh, options]) => ssh.start(host, argv, options)),
        connectSocket: (host, path, options) =>
          Effect.flatMap(
            Effect.all([chosen, quiet(options)]),
            ([ssh, options]) => ssh.connectSocket(host, path, options)
          ),
        describe: (...args) => Effect.flatMap(chosen, (ssh) => ssh.describe(...args)),
        close: (...args) => Effect.ignore(Effect.flatMap(chosen, (ssh) => ssh.close(...args)))
      })
    })
  )
