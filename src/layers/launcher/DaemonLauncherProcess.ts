import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import type { SessionSpec } from "../../schema/Session.ts"
import { problemWithVariables } from "../../schema/Variables.ts"
import { DaemonLauncher, type Launched, LaunchError, type LaunchOptions } from "../../services/DaemonLauncher.ts"
import { Paths } from "../../services/Paths.ts"
import { SessionExists } from "../../services/SessionServer.ts"
import { otherOwner } from "../system/ownership.ts"
import { quietly } from "../system/quietly.ts"
import { writeWholeFile } from "../system/wholeFile.ts"
import { DAEMON_FLAG, type LaunchReply } from "./channel.ts"
import { openLog } from "./daemonLog.ts"
import { planStart, type StartPlan, type SystemFiles, withoutScope } from "./loginScope.ts"
import { startDaemon } from "./spawnDaemon.ts"

export interface DaemonLauncherOptions {
  /** Program and first arguments that run this sesh. Default: those of this process. */
  readonly program?: ReadonlyArray<string>
  /** How long to wait for a daemon's reply. More than the ten seconds for which the daemon may wait for the lock. */
  readonly timeoutMs?: number
  /** How to start a daemon so that it survives a logout. Default: as this system needs it. */
  readonly plan?: (spec: SessionSpec) => StartPlan
}

/** The executable by itself; from source, or as a bundle, Node and its script. */
const ownProgram = (): ReadonlyArray<string> =>
  process.getBuiltinModule("node:sea").isSea()
    ? [process.execPath]
    : [process.execPath, ...process.execArgv, process.argv[1]!]

const realSystem: SystemFiles = {
  read: (path) => quietly(() => Fs.readFileSync(path, "utf8")),
  exists: (path) => Fs.existsSync(path),
  list: (dir) => quietly(() => Fs.readdirSync(dir), [])
}

const ownPlan = (spec: SessionSpec): StartPlan =>
  planStart(realSystem, {
    user: quietly(() => Os.userInfo().username, ""),
    runtimeDir: spec.env["XDG_RUNTIME_DIR"]
  })

const scoped = (systemdRun: string, command: ReadonlyArray<string>): ReadonlyArray<string> => [
  systemdRun,
  "--user",
  "--scope",
  "--quiet",
  "--collect",
  "--",
  ...command
]

/** True the first time in a login. A file, where possible one that is removed at logout, remembers the last login. */
const firstTime = (marker: string, login: string): boolean => {
  if (quietly(() => Fs.readFileSync(marker, "utf8"), "") === login) return false
  quietly(() => writeWholeFile(marker, login))
  return true
}

/** A daemon that the system gave too little said so, as any sesh does (scripts/startCheck.mjs). */
const OWN_WORDS = /^sesh: (.+)$/

/** Why a daemon did not start: its own words, or what became of it and the end of its log. */
const reasonFrom = (problem: string, path: string, tail: string): string =>
  OWN_WORDS.exec(tail)?.[1] ?? (tail === "" ? problem : `${problem}; the end of ${path}:\n${tail}`)

/** One process for each session: this program again, with the spec on a socket pair at descriptor 3. */
export const layer = (options: DaemonLauncherOptions = {}): Layer.Layer<DaemonLauncher, never, Paths> =>
  Layer.effect(
    DaemonLauncher,
    Effect.gen(function*() {
      const paths = yield* Paths
      const { plan: planOf = ownPlan, timeoutMs = 30_000 } = options

      const run = Effect.fnUntraced(function*(spec: SessionSpec, plan: StartPlan) {
        const command = [...options.program ?? ownProgram(), DAEMON_FLAG, spec.name]
        const path = paths.session(spec.name).log
        const log = yield* Effect.acquireRelease(
          Effect.sync(() => openLog(path)),
          (log) => Effect.sync(log.close)
        )
        return yield* startDaemon({
          command: plan.systemdRun === undefined ? command : scoped(plan.systemdRun, command),
          spec,
          stderr: log.fd,
          timeoutMs
        }).pipe(
          Effect.mapError((cause) => {
            const reason = reasonFrom(cause.message, path, log.tail())
            return new LaunchError({ name: spec.name, kind: "other", reason, cause })
          })
        )
      }, Effect.scoped)

      const start = Effect.fnUntraced(function*(spec: SessionSpec) {
        const plan = planOf(spec)
        if (plan.systemdRun === undefined) return { reply: yield* run(spec, plan), plan }
        const plain = withoutScope(plan)
        return yield* run(spec, plan).pipe(
          Effect.map((reply) => ({ reply, plan })),
          // The manager may not work after all. Where it was the daemon's own fault, this fails again.
          Effect.catchTag("LaunchError", () => Effect.map(run(spec, plain), (reply) => ({ reply, plan: plain })))
        )
      })

      const warningOf = (spec: SessionSpec, { login, warning }: StartPlan): string | undefined => {
        if (warning === undefined) return undefined
        const runtime = spec.env["XDG_RUNTIME_DIR"]
        const isOurs = runtime !== undefined && otherOwner(runtime) === undefined
        const dir = isOurs ? runtime : Path.dirname(paths.session(spec.name).log)
        return firstTime(Path.join(dir, ".sesh-logout"), login ?? "") ? warning : undefined
      }

      const read = (spec: SessionSpec, plan: StartPlan, reply: LaunchReply) => {
        const { name } = spec
        if ("exists" in reply) {
          const { machine } = reply
          return Effect.fail(new SessionExists({ name, ...(machine === undefined ? {} : { machine }) }))
        }
        if ("error" in reply) {
          return Effect.fail(new LaunchError({ name, reason: reply.error, kind: reply.kind ?? "other" }))
        }
        return Effect.sync((): Launched => {
          const warning = [reply.ok.warning, warningOf(spec, plan)].filter((part) => part !== undefined).join("\n")
          return { id: reply.ok.id, ...(warning === "" ? {} : { warning }) }
        })
      }

      return DaemonLauncher.of({
        launch: Effect.fn("DaemonLauncher.launch")(function*(spec: SessionSpec, launch: LaunchOptions = {}) {
          const problem = problemWithVariables(spec.env)
          if (problem !== undefined) return yield* new LaunchError({ name: spec.name, kind: "other", reason: problem })
          yield* paths.checkSocketPath(spec.name)
          yield* paths.ensure
          launch.onAsked?.()
          const { plan, reply } = yield* start(spec)
          return yield* read(spec, plan, reply)
        })
      })
    })
  )
