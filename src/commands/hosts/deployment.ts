/** How commands deploy sesh to a host: with events for programs, and progress for people. */
import * as Effect from "effect/Effect"
import { excerpt } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import { megabytes } from "../../schema/Text.ts"
import { type Deployed, Deployer, type DeployOptions, type DeployProgress } from "../../services/Deployer.ts"
import { EventLog } from "../../services/EventLog.ts"
import { HostError } from "../../services/HostError.ts"
import type { ConnectOptions } from "../../services/SshTransport.ts"
import { progressLine } from "./progressLine.ts"

/** Width of the progress bar, in columns. */
const BAR_COLUMNS = 24

const bar = (part: number): string => {
  const filled = Math.round(part * BAR_COLUMNS)
  return `[${"#".repeat(filled)}${".".repeat(BAR_COLUMNS - filled)}]`
}

const timeLeft = (seconds: number): string =>
  seconds < 60 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`

const STEP_TEXTS = {
  looking: "looking what is there",
  "asking npm": "npm installs it there",
  fetching: "asking npm's registry",
  preparing: "preparing",
  checking: "checking what arrived"
} as const

/** The progress line of a deployment. */
export const progressText = (progress: DeployProgress): string => {
  if (progress._tag === "Doing") return `${STEP_TEXTS[progress.what]} …`
  const { rate, total } = progress
  const done = progress._tag === "Sending" ? progress.sent : progress.got
  const part = total === 0 ? 0 : done / total
  const columns = [
    `${progress._tag === "Sending" ? bar(part) : "fetching"} ${String(Math.floor(100 * part)).padStart(3)}%`,
    `${megabytes(done)} of ${megabytes(total)} MB`,
    `${megabytes(rate)} MB/s`,
    ...(rate === 0 ? [] : [timeLeft((total - done) / rate)])
  ]
  return columns.join("  ")
}

const FROM_TEXTS = { folder: "as a copy from SESH_EXECUTABLES", registry: "as a copy from npm's registry" } as const

/** The result of a deployment, in a line. */
export const outcome = ({ from, version, way }: Deployed): string => {
  if (way === "present") return `sesh ${version} is there already`
  return `sesh ${version} installed, ${way === "npm" ? "by npm" : from === undefined ? "as a copy" : FROM_TEXTS[from]}`
}

/** Deploys sesh, and writes what happens to the event log. */
export const deployTo = Effect.fn("deployTo")(function*(host: HostName, options?: DeployOptions) {
  const { emit } = yield* EventLog
  yield* emit({ event: "deploy_start", host })
  const deployed = yield* (yield* Deployer).deploy(host, options).pipe(
    Effect.tapError(({ problem, stderr, step }) =>
      emit({ event: "deploy_failed", host, step, stderr: excerpt(stderr === "" ? problem : stderr) })
    )
  )
  const { from, version, way } = deployed
  yield* emit({ event: "deploy_done", host, version, way, ...(from === undefined ? {} : { from }) })
  return deployed
})

/** Says when typing `sesh` on the host runs another one. */
export const sayWhoRuns = Effect.fnUntraced(function*(host: HostName, { shadowedBy }: Deployed) {
  if (shadowedBy === undefined) return
  const ways = "put ~/.local/bin first there, or give this one another name (ln -s sesh ~/.local/bin/<name>)"
  yield* (yield* EventLog).say(
    `[${host}: typing sesh there runs another one, ${shadowedBy}, which comes first on the PATH: ${ways}; from here, nothing changes]`
  )
})

/** As `deployTo`, with a progress line. */
export const deployShown = Effect.fn("deployShown")(function*(host: HostName, options?: ConnectOptions) {
  const show = yield* progressLine
  return yield* deployTo(host, {
    ...options,
    onProgress: (progress) => show(`${host}: ${progressText(progress)}`)
  })
}, Effect.scoped)

/**
 * Deploys sesh if `error` says that the host has none, or one that is too old. Succeeds if another try may work. Fails
 * with `error` if a deployment does not help.
 */
export const ensureDeployed = Effect.fn("ensureDeployed")(
  function*(host: HostName, error: HostError, options?: ConnectOptions) {
    if (error.kind !== "no sesh" && error.kind !== "version") return yield* error
    const { say } = yield* EventLog
    yield* say(
      error.kind === "version" ? `[the sesh on ${host} and this one do not fit together]` : `[no sesh on ${host} yet]`
    )
    const deployed = yield* deployShown(host, options)
    // The host has a sesh that is newer than ours, or that fails for another reason.
    if (deployed.way === "present") return yield* error
    yield* say(`[${host}: ${outcome(deployed)}]`)
    yield* sayWhoRuns(host, deployed)
  }
)

/** Runs `work`, which needs sesh on a host. If no sesh there fits, deploys ours and runs `work` again, once. */
export const withSesh = <A, E, R>(host: HostName, work: Effect.Effect<A, E | HostError, R>, options?: ConnectOptions) =>
  Effect.catchIf(
    work,
    (error) => error instanceof HostError,
    (error) => Effect.andThen(ensureDeployed(host, error, options), work)
  )
