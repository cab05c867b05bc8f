/** Putting sesh on a host, as commands do it: with events for programs, and progress for people. */
import * as Effect from "effect/Effect"
import { excerpt } from "../../schema/Event.ts"
import type { HostName } from "../../schema/HostName.ts"
import { type Deployed, Deployer, type DeployOptions, type DeployProgress } from "../../services/Deployer.ts"
import { EventLog } from "../../services/EventLog.ts"
import { HostError } from "../../services/HostError.ts"
import { Progress } from "../../services/Progress.ts"
import type { ConnectOptions } from "../../services/SshTransport.ts"

const MEGABYTE = 1_000_000

const megabytes = (bytes: number): string => (bytes / MEGABYTE).toFixed(1)

/** Columns of the bar itself. */
const BAR = 24

const bar = (part: number): string => {
  const filled = Math.round(part * BAR)
  return `[${"#".repeat(filled)}${".".repeat(BAR - filled)}]`
}

const left = (seconds: number): string =>
  seconds < 60 ? `${Math.ceil(seconds)} s left` : `${Math.ceil(seconds / 60)} min left`

const DOING = {
  looking: "looking what is there",
  "asking npm": "npm installs it there",
  preparing: "preparing",
  checking: "checking what arrived"
} as const

/** What a deployment is doing, for a line that is replaced again and again. */
export const progressText = (progress: DeployProgress): string => {
  if (progress._tag === "Doing") return `${DOING[progress.what]} …`
  const { rate, sent, total } = progress
  const part = total === 0 ? 0 : sent / total
  const columns = [
    `${bar(part)} ${String(Math.floor(100 * part)).padStart(3)}%`,
    `${megabytes(sent)} of ${megabytes(total)} MB`,
    `${megabytes(rate)} MB/s`,
    ...(rate === 0 ? [] : [left((total - sent) / rate)])
  ]
  return columns.join("  ")
}

/** What became of it, for a line of its own. */
export const outcome = ({ version, way }: Deployed): string =>
  way === "present"
    ? `sesh ${version} is there already`
    : `sesh ${version} installed, ${way === "npm" ? "by npm" : "as a copy"}`

/** Deploys, and tells those programs that want to know. */
export const deployTo = Effect.fn("deployTo")(function*(host: HostName, options?: DeployOptions) {
  const { emit } = yield* EventLog
  yield* emit({ event: "deploy_start", host })
  const { version, way } = yield* (yield* Deployer).deploy(host, options).pipe(
    Effect.tapError(({ problem, stderr, step }) =>
      emit({ event: "deploy_failed", host, step, stderr: excerpt(stderr === "" ? problem : stderr) })
    )
  )
  yield* emit({ event: "deploy_done", host, version, way })
  return { version, way }
})

/** A line that shows how far something is, to people: where programs are told, it is theirs to show. */
export const progressLine = Effect.gen(function*() {
  return (yield* EventLog).isOn() ? () => {} : yield* (yield* Progress).line
})

/** The same, with a line that shows how far it is. */
export const deployShown = Effect.fn("deployShown")(function*(host: HostName, options?: ConnectOptions) {
  const show = yield* progressLine
  return yield* deployTo(host, {
    ...options,
    onProgress: (progress) => show(`${host}: ${progressText(progress)}`)
  })
}, Effect.scoped)

/**
 * After a host's sesh could not be used: puts ours there if none was there, or one that is too old. Succeeds when what
 * failed is worth another try, and fails as before where a deployment does not help.
 */
export const ensureDeployed = Effect.fn("ensureDeployed")(
  function*(host: HostName, error: HostError, options?: ConnectOptions) {
    if (error.kind !== "no sesh" && error.kind !== "version") return yield* error
    const { say } = yield* EventLog
    yield* say(
      error.kind === "version" ? `[the sesh on ${host} and this one do not fit together]` : `[no sesh on ${host} yet]`
    )
    const deployed = yield* deployShown(host, options)
    // It is there, and newer than ours, or it does not answer for another reason.
    if (deployed.way === "present") return yield* error
    yield* say(`[${host}: ${outcome(deployed)}]`)
  }
)

/** Does something on a host; when that fails for want of a sesh that fits, puts one there and does it again, once. */
export const withSesh = <A, E, R>(host: HostName, work: Effect.Effect<A, E | HostError, R>, options?: ConnectOptions) =>
  Effect.catchIf(
    work,
    (error) => error instanceof HostError,
    (error) => Effect.andThen(ensureDeployed(host, error, options), work)
  )
