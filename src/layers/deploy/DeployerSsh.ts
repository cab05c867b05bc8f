import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import * as Path from "node:path"
import type { HostName } from "../../schema/HostName.ts"
import { isAsNewAs } from "../../schema/Version.ts"
import { Caller } from "../../services/Caller.ts"
import {
  type Deployed,
  Deployer,
  type DeployError,
  type DeployOptions,
  type DeployProgress
} from "../../services/Deployer.ts"
import { PackageRegistry } from "../../services/PackageRegistry.ts"
import { Paths } from "../../services/Paths.ts"
import { SshTransport } from "../../services/SshTransport.ts"
import { isFull, isHopeless } from "./diagnosis.ts"
import { afterStep, failure, lost, nothingToSend, noWay, unfit } from "./errors.ts"
import type { Executable } from "./executable.ts"
import { makeExecutables } from "./executables.ts"
import { type Encoding, type HostFacts, readFacts, readOutcome, stderrText } from "./hostReport.ts"
import { nameOf, PACKAGE, readPackage } from "./npmPackage.ts"
import { type Own, ownExecutable } from "./ownExecutable.ts"
import { runToEnd } from "./programOutput.ts"
import { copyCommand, detectCommand, npmCommand } from "./scripts.ts"
import { send } from "./upload.ts"

/** How long npm may take on the host: it downloads 36 MB, at a third of a megabit a second in the worst case. */
const NPM_TIMEOUT = "15 minutes"

/** How long a host may take to report its platform: that runs a few programs, and `--version` of any sesh on it. */
const DETECT_TIMEOUT = "30 seconds"

/** Bytes that npm needs for our package, roughly: 98 MB unpacked, and twice 36 MB packed. */
const ROOM_FOR_NPM = 170_000_000

/** The room of an executable, and of what it is compressed to, which arrives first: measured 0.28 to 0.36. */
const ROOM_WITH_PACKED = 1.5

export interface DeployerSshOptions {
  /** The executable that is copied, and its platform; found out unless given. */
  readonly own?: Own
}

interface Target {
  readonly host: HostName
  readonly facts: HostFacts
  readonly options: DeployOptions
  readonly report: (progress: DeployProgress) => void
}

/**
 * Runs fixed shell scripts on the host (docs/deploy.md). `SESH_NPM_PACKAGE` and `SESH_NPM_REGISTRY` choose what its npm
 * installs, and what is fetched here; `SESH_EXECUTABLES` names a folder that is looked into before.
 */
export const layer = (
  given: DeployerSshOptions = {}
): Layer.Layer<Deployer, never, Caller | PackageRegistry | Paths | SshTransport> =>
  Layer.effect(
    Deployer,
    Effect.gen(function*() {
      const { env, resolve, version } = yield* Caller
      const { cache } = yield* Paths
      const registry = yield* PackageRegistry
      const ssh = yield* SshTransport

      const own = yield* Effect.cached(Effect.sync(() => given.own ?? ownExecutable()))

      const executables = yield* makeExecutables(
        own,
        // Whoever asks for it has read the variables before.
        Effect.map(Effect.orDie(readPackage("", env, version)), (wanted) => ({
          cache: Path.join(cache, "executables"),
          folder: env["SESH_EXECUTABLES"] ? resolve(env["SESH_EXECUTABLES"]) : undefined,
          registry,
          address: wanted.registry || undefined,
          package: nameOf(wanted),
          version
        }))
      )

      const run = Effect.fnUntraced(
        function*(
          { host, options }: Pick<Target, "host" | "options">,
          command: ReadonlyArray<string>,
          timeout: Duration.Input,
          onTimeout: DeployError
        ) {
          const program = yield* ssh.start(host, command, options).pipe(
            Effect.mapError((error) => lost(host, onTimeout.step, error))
          )
          const ended = yield* runToEnd(program).pipe(
            Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(onTimeout) })
          )
          if ("_tag" in ended.end) return yield* lost(host, onTimeout.step, ended.end)
          return ended
        },
        Effect.scoped
      )

      const detect = Effect.fnUntraced(function*(host: HostName, options: DeployOptions) {
        const onTimeout = failure(
          host,
          "detect_platform",
          "it does not come to an end of saying what is there",
          "",
          `try there whether this ends: ~/.local/bin/sesh --version, or sesh --version`
        )
        const { stderr, stdout } = yield* run({ host, options }, detectCommand(), DETECT_TIMEOUT, onTimeout)
        const facts = readFacts(stdout)
        if (facts !== undefined) return facts
        return yield* failure(host, "detect_platform", "it does not say what system it is", stderrText(stderr))
      })

      const byNpm = Effect.fnUntraced(function*(target: Target) {
        const { facts, host, report } = target
        const wanted = yield* readPackage(host, env, version)
        report({ _tag: "Doing", what: "asking npm" })
        const command = npmCommand(wanted.spec, wanted.registry, wanted.version, version)
        const onTimeout = failure(host, "npm", "npm does not come to its end there")
        const { stderr, stdout } = yield* run(target, command, NPM_TIMEOUT, onTimeout)
        return yield* conclude(host, facts, "npm", stdout, stderrText(stderr), ROOM_FOR_NPM)
      })

      const conclude = (
        host: HostName,
        facts: HostFacts,
        step: "npm" | "transfer",
        stdout: Buffer,
        stderr: string,
        bytes: number
      ): Effect.Effect<Omit<Deployed, "way">, DeployError> => {
        const outcome = readOutcome(stdout)
        return outcome !== undefined && "version" in outcome
          ? Effect.succeed(outcome)
          : Effect.fail(afterStep(host, facts, outcome?.failed ?? step, stderr, bytes))
      }

      const copyOnce = Effect.fnUntraced(
        function*(
          { facts, host, options, report }: Target,
          opened: Executable,
          encoding: Encoding,
          how: "resume" | "restart"
        ) {
          report({ _tag: "Doing", what: "preparing" })
          const needed = opened.size * (encoding === "plain" ? 2 : ROOM_WITH_PACKED)
          const program = yield* ssh.start(
            host,
            copyCommand(
              encoding === "plain" ? "cat" : encoding,
              String(opened.size),
              opened.sum,
              version,
              String(Math.ceil(needed / 1024)),
              how
            ),
            options
          ).pipe(Effect.mapError((error) => lost(host, "prepare", error)))
          const sent = yield* send(program, () => opened.packed(encoding), report)
          if (sent.failure !== undefined) return yield* nothingToSend(host, sent.failure)
          if (sent.end === undefined) return yield* failure(host, sent.step, "it does not answer any more")
          if ("_tag" in sent.end) return yield* lost(host, "transfer", sent.end)
          return {
            before: sent.before,
            result: yield* Effect.result(
              conclude(host, facts, "transfer", sent.stdout, stderrText(sent.stderr), needed)
            )
          }
        },
        Effect.scoped
      )

      /**
       * A second try sends all of it: as before when an earlier connection has brought some, which may be wrong, and
       * else without a compression that the host did not undo, as for want of memory.
       */
      const byCopy = Effect.fnUntraced(function*(target: Target, opened: Executable) {
        const [encoding, next] = target.facts.encodings
        const { before, result } = yield* copyOnce(target, opened, encoding!, "resume")
        if (Result.isSuccess(result)) return result.success
        const { stderr, step } = result.failure
        if ((step !== "transfer" && step !== "check") || isFull(stderr)) return yield* result.failure
        const again = before > 0 ? encoding : step === "transfer" ? next : undefined
        if (again === undefined) return yield* result.failure
        return yield* Effect.fromResult((yield* copyOnce(target, opened, again, "restart")).result)
      })

      const deploy = Effect.fn("Deployer.deploy")(function*(host: HostName, options: DeployOptions = {}) {
        const report = options.onProgress ?? (() => {})
        report({ _tag: "Doing", what: "looking" })
        const facts = yield* detect(host, options)
        const { cLibrary, platform, sesh, system } = facts
        const runsThere = typeof sesh === "object" && "version" in sesh
        if (runsThere && isAsNewAs(sesh.version, version)) {
          return { way: "present", version: sesh.version } as const
        }
        if (typeof sesh === "object" && "foreign" in sesh && sesh.foreign.endsWith("/.local/bin/sesh")) {
          return yield* failure(
            host,
            "prepare",
            "~/.local/bin/sesh there is another program",
            "",
            `move it away on ${host}`
          )
        }
        if (platform === undefined) {
          return yield* failure(
            host,
            "detect_platform",
            `sesh does not run on ${system}`,
            "",
            "it runs on Linux and macOS, on x86_64 and arm64 (aarch64)"
          )
        }
        // A sesh that runs there proves that another one can, whatever the system looks like.
        if (cLibrary !== "fits" && !runsThere) return yield* unfit(host, system, platform, cLibrary)
        const target: Target = { host, facts, options, report }
        const npm = facts.hasNpm ? yield* Effect.result(byNpm(target)) : undefined
        if (npm !== undefined && Result.isSuccess(npm)) return { way: "npm", ...npm.success } as const
        const refusal = npm?.failure
        if (refusal !== undefined && (refusal.step === "connect" || isHopeless(refusal.step, refusal.stderr))) {
          return yield* refusal
        }
        const ours = yield* own
        const name = ours.platform === platform ? PACKAGE : nameOf(yield* readPackage(host, env, version))
        const { executable, from } = yield* executables(platform, report).pipe(
          Effect.mapError((cause) => noWay(host, facts, ours, name, refusal, cause))
        )
        const installed = yield* byCopy(target, executable)
        return { way: "copy", ...installed, ...(from === undefined ? {} : { from }) } as const
      }, Effect.scoped)

      return Deployer.of({ deploy })
    })
  )
