import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import { Deployer, type DeployProgress } from "../../src/services/Deployer.ts"
import { DeployLab, OURS } from "../support/deploySuite.ts"
import { hostNamed } from "../support/sshSuite.ts"

const deploy = (host: string, onProgress?: (progress: DeployProgress) => void) =>
  Effect.flatMap(
    Deployer,
    (deployer) => deployer.deploy(hostNamed(host), onProgress === undefined ? {} : { onProgress })
  )

/** What every Deployer does. */
export const suite = (name: string, layer: Layer.Layer<Deployer | DeployLab>): void => {
  const test = (what: string, effect: Effect.Effect<void, unknown, Deployer | DeployLab>) =>
    it.live(what, () => Effect.provide(effect, layer), 60_000)

  describe(`Deployer: ${name}`, () => {
    test(
      "a host whose npm can get the package installs it, and then has it already",
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* deploy("npm"), { way: "npm", version: OURS })
        assert.strictEqual((yield* DeployLab).version("npm"), OURS)
        assert.deepStrictEqual(yield* deploy("npm"), { way: "present", version: OURS })
      })
    )

    test(
      "another host gets a copy, and the progress is reported",
      Effect.gen(function*() {
        const seen: Array<DeployProgress> = []
        assert.deepStrictEqual(yield* deploy("copy", (progress) => seen.push(progress)), { way: "copy", version: OURS })
        assert.strictEqual((yield* DeployLab).version("copy"), OURS)
        assert.deepStrictEqual(seen[0], { _tag: "Doing", what: "looking" })
        assert.deepStrictEqual(seen.at(-1), { _tag: "Doing", what: "checking" })
        const sent = seen.filter((progress) => progress._tag === "Sending")
        assert.isAbove(sent.length, 0)
        for (const [index, { rate, sent: bytes, total }] of sent.entries()) {
          assert.isAtLeast(bytes, sent[index - 1]?.sent ?? 0)
          assert.isAtMost(bytes, total)
          assert.isAtLeast(rate, 0)
        }
        assert.strictEqual(sent.at(-1)!.sent, sent.at(-1)!.total)
        assert.isAbove(sent.at(-1)!.total, 0)
        assert.deepStrictEqual(yield* deploy("copy"), { way: "present", version: OURS })
      })
    )

    test(
      "a host of another platform gets the executable of a folder, or of npm's registry, which reports how it comes",
      Effect.gen(function*() {
        const lab = yield* DeployLab
        const seen: Array<DeployProgress> = []
        const arm = yield* deploy("arm", (progress) => seen.push(progress))
        assert.deepStrictEqual(arm, { way: "copy", version: OURS, from: "registry" })
        assert.strictEqual(lab.version("arm"), OURS)
        const kinds = seen.map((progress) => progress._tag === "Doing" ? progress.what : progress._tag)
        assert.isBelow(kinds.indexOf("fetching"), kinds.indexOf("Fetching"))
        assert.isBelow(kinds.lastIndexOf("Fetching"), kinds.indexOf("Sending"))
        const fetched = seen.findLast((progress) => progress._tag === "Fetching")!
        assert.isAbove(fetched.got, 0)
        assert.isAtMost(fetched.got, fetched.total)
        assert.deepStrictEqual(yield* deploy("mac"), { way: "copy", version: OURS, from: "folder" })
        assert.strictEqual(lab.version("mac"), OURS)
        assert.deepStrictEqual(yield* deploy("arm"), { way: "present", version: OURS })
      })
    )

    test(
      "an older one is replaced, and a newer one is left alone",
      Effect.gen(function*() {
        const lab = yield* DeployLab
        assert.deepStrictEqual(yield* deploy("older"), { way: "copy", version: OURS })
        assert.strictEqual(lab.version("older"), OURS)
        assert.deepStrictEqual(yield* deploy("newer"), { way: "present", version: "1.10.0" })
        assert.strictEqual(lab.version("newer"), "1.10.0")
      })
    )

    test(
      "two deployments to one host at a time do not disturb each other",
      Effect.gen(function*() {
        const both = yield* Effect.all([deploy("copy"), deploy("copy")], { concurrency: "unbounded" })
        assert.deepStrictEqual(both.map(({ version }) => version), [OURS, OURS])
        assert.strictEqual((yield* DeployLab).version("copy"), OURS)
      })
    )

    test(
      "another sesh that comes first on the host's PATH is reported, once it matters",
      Effect.gen(function*() {
        const { shadowedBy, ...deployed } = yield* deploy("shadowed")
        assert.deepStrictEqual(deployed, { way: "copy", version: OURS })
        assert.match(shadowedBy ?? "", /^\/.*\/sesh$/)
        assert.deepStrictEqual(yield* deploy("shadowed"), { way: "present", version: OURS })
      })
    )

    test(
      "a host with another C library is refused before anything is tried, and the error says which",
      Effect.gen(function*() {
        const seen: Array<DeployProgress> = []
        const error = yield* Effect.flip(deploy("musl", (progress) => seen.push(progress)))
        assert.deepStrictEqual([error._tag, error.step], ["DeployError", "detect_platform"])
        assert.match(error.message, /musl.*glibc/)
        assert.deepStrictEqual(seen, [{ _tag: "Doing", what: "looking" }])
        assert.isUndefined((yield* DeployLab).version("musl"))
      })
    )

    test(
      "without a way to install, or a host, the error has the step and what would help",
      Effect.gen(function*() {
        const neither = yield* Effect.flip(deploy("neither"))
        assert.deepStrictEqual([neither._tag, neither.host, neither.step], [
          "DeployError",
          "neither",
          "detect_platform"
        ])
        assert.isAbove(neither.advice.length, 10)
        assert.include(neither.message, neither.advice)
        assert.isUndefined((yield* DeployLab).version("neither"))
        assert.strictEqual((yield* Effect.flip(deploy("nowhere"))).step, "connect")
      })
    )
  })
}
