import * as Context from "effect/Context"
import type * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type { HostName } from "../../schema/HostName.ts"
import { isAsNewAs } from "../../schema/Version.ts"
import { Caller } from "../../services/Caller.ts"
import { Deployer, DeployError, type DeployOptions } from "../../services/Deployer.ts"

/** What a host is like to be deployed to. All of it may change at any time. */
export interface FakeTarget {
  /** The version that is there. */
  sesh?: string | undefined
  /** Its npm can get the package. */
  npm?: boolean
  /** Our own executable runs there: yes, unless said otherwise. */
  copy?: boolean
  /** It is of another platform: what is copied comes from there. */
  from?: "folder" | "registry"
  /** Its C library is musl: then no sesh runs there. */
  musl?: boolean
  /** Another sesh comes first on its PATH: where it is. */
  shadowedBy?: string
  /** Why it fails, whatever else it is like. */
  failure?: Omit<ConstructorParameters<typeof DeployError>[0], "host">
  /** How long it takes. */
  delay?: Duration.Input
}

/** The hosts there are, for tests to play with, and what was asked of them. */
export class DeployerTestRef extends Context.Service<DeployerTestRef, {
  readonly targets: Map<string, FakeTarget>
  /** In order. */
  readonly asked: ReadonlyArray<HostName>
  /** Most deployments that went on at the same time. */
  readonly most: () => number
}>()("sesh/layers/testing/DeployerTestRef") {}

/** Bytes of a fake executable. */
const SIZE = 100

/** Hosts that a test makes up. */
export const layer = (
  given: Readonly<Record<string, FakeTarget>> = {}
): Layer.Layer<Deployer | DeployerTestRef, never, Caller> =>
  Layer.effectContext(Effect.gen(function*() {
    const { version } = yield* Caller
    const targets = new Map(Object.entries(given))
    const asked: Array<HostName> = []
    let running = 0
    let most = 0

    const put = Effect.fnUntraced(function*(host: HostName, options: DeployOptions | undefined) {
      const report = options?.onProgress ?? (() => {})
      const there = targets.get(host)
      report({ _tag: "Doing", what: "looking" })
      if (there?.delay !== undefined) yield* Effect.sleep(there.delay)
      if (there === undefined) {
        return yield* new DeployError({
          host,
          step: "connect",
          problem: "no such host",
          advice: "try again",
          stderr: ""
        })
      }
      if (there.failure !== undefined) return yield* new DeployError({ host, ...there.failure })
      const { copy = true, musl = false, npm = false, sesh } = there
      if (sesh !== undefined && isAsNewAs(sesh, version)) return { way: "present", version: sesh } as const
      if (musl && sesh === undefined) {
        return yield* new DeployError({
          host,
          step: "detect_platform",
          problem: "its C library is musl, and sesh is made for glibc",
          advice: "use a container with glibc",
          stderr: ""
        })
      }
      if (!npm && !copy) {
        return yield* new DeployError({
          host,
          step: "detect_platform",
          problem: "this sesh is for another platform; there is no npm on its PATH",
          advice: "install Node.js with npm",
          stderr: ""
        })
      }
      const { from, shadowedBy } = there
      if (!npm && from === "registry") {
        report({ _tag: "Doing", what: "fetching" })
        report({ _tag: "Fetching", got: SIZE, total: SIZE, rate: SIZE })
      }
      if (!npm) { for (const sent of [0, SIZE]) report({ _tag: "Sending", sent, total: SIZE, rate: SIZE }) }
      report({ _tag: "Doing", what: "checking" })
      targets.set(host, { ...there, sesh: version })
      return {
        way: npm ? "npm" : "copy",
        version,
        ...(npm || from === undefined ? {} : { from }),
        ...(shadowedBy === undefined ? {} : { shadowedBy })
      } as const
    })

    const deploy = Effect.fn("Deployer.deploy")((host: HostName, options?: DeployOptions) =>
      Effect.suspend(() => {
        asked.push(host)
        most = Math.max(most, ++running)
        return Effect.ensuring(put(host, options), Effect.sync(() => running--))
      })
    )
    return Context.make(DeployerTestRef, { targets, asked, most: () => most }).pipe(Context.add(Deployer, { deploy }))
  }))
