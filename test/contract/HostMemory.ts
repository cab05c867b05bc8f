import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Struct from "effect/Struct"
import { fakeInfo } from "../../src/layers/testing/SessionRegistryFake.ts"
import { type HostName, parseHostName } from "../../src/schema/HostName.ts"
import type { RememberedHost } from "../../src/schema/RememberedHost.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { HostMemory } from "../../src/services/HostMemory.ts"

export const host = (name: string): HostName => Result.getOrThrow(parseHostName(name))

/** What a host said. */
export const known = (name: string, ...sessions: ReadonlyArray<string>): RememberedHost => ({
  host: host(name),
  at: 1_700_000_000_000,
  sesh: "0.1.0",
  home: "/home/there",
  dir: "/home/there/.sesh",
  sessions: sessions.map((session) => ({ name: session as SessionName, info: fakeInfo(session) }))
})

/** Without when it was used first, which the memory adds. */
export const said = (host: RememberedHost): RememberedHost => Struct.omit(host, ["since"])

/** What every {@link HostMemory} promises. */
export const suite = (name: string, layer: Layer.Layer<HostMemory>) => {
  const test = (name: string, use: (hosts: HostMemory["Service"]) => Effect.Effect<void>) =>
    it.live(name, () => Effect.flatMap(HostMemory, use).pipe(Effect.provide(layer)))

  describe(`Hosts: ${name}`, () => {
    test("knows none at first", (hosts) =>
      Effect.gen(function*() {
        assert.deepStrictEqual(yield* hosts.names, [])
        assert.deepStrictEqual(yield* hosts.all, [])
        assert.isTrue(Option.isNone(yield* hosts.get(host("web"))))
      }))

    test("remembers what each host said last, by name", (hosts) =>
      Effect.gen(function*() {
        yield* hosts.remember(known("web", "a"))
        yield* hosts.remember(known("me@10.0.0.1:22", "b"))
        yield* hosts.remember(known("web", "a", "c"))
        assert.deepStrictEqual(yield* hosts.names, [host("me@10.0.0.1:22"), host("web")])
        assert.deepStrictEqual((yield* hosts.all).map(said), [known("me@10.0.0.1:22", "b"), known("web", "a", "c")])
        assert.deepStrictEqual(Option.map(yield* hosts.get(host("web")), said), Option.some(known("web", "a", "c")))
        assert.isTrue(Option.isNone(yield* hosts.get(host("we"))))
      }))

    test("keeps when a host was used first, until it is forgotten", (hosts) =>
      Effect.gen(function*() {
        const web = host("web")
        const since = Effect.map(hosts.get(web), Option.map((known) => known.since))
        for (const at of [20, 30, 10]) yield* hosts.remember({ ...known("web"), at })
        assert.deepStrictEqual(yield* since, Option.some(20))
        assert.strictEqual((yield* hosts.all)[0]!.at, 10)
        yield* Effect.orDie(hosts.forget(web))
        yield* hosts.remember({ ...known("web"), at: 40 })
        assert.deepStrictEqual(yield* since, Option.some(40))
      }))

    test("forgets a host, and no other", (hosts) =>
      Effect.gen(function*() {
        for (const name of ["web", "we", "web.json"]) yield* hosts.remember(known(name, "a"))
        assert.isTrue(yield* Effect.orDie(hosts.forget(host("web"))))
        assert.isFalse(yield* Effect.orDie(hosts.forget(host("web"))))
        assert.isFalse(yield* Effect.orDie(hosts.forget(host("other"))))
        assert.deepStrictEqual(yield* hosts.names, [host("we"), host("web.json")])
        assert.isTrue(Option.isNone(yield* hosts.get(host("web"))))
        yield* hosts.remember(known("web", "b"))
        assert.deepStrictEqual(Option.map(yield* hosts.get(host("web")), said), Option.some(known("web", "b")))
      }))

    test("takes strange names for what they are", (hosts) =>
      Effect.gen(function*() {
        const names = ["[fe80::1%eth0]", "x".repeat(200), "a.json", "web.json.1", "~root@web", "a,b=c+d"]
        for (const name of names) yield* hosts.remember(known(name, "a"))
        assert.sameMembers([...(yield* hosts.names)], names)
        for (const name of names) {
          assert.deepStrictEqual(Option.map(yield* hosts.get(host(name)), said), Option.some(known(name, "a")))
        }
      }))

    test("of many who remember at once the last one counts, whole", (hosts) =>
      Effect.gen(function*() {
        const all = Array.from({ length: 20 }, (_, index) => known("web", ...Array(index).fill(`s${index}`)))
        yield* Effect.forEach(all, hosts.remember, { concurrency: "unbounded" })
        const found = Option.getOrThrow(yield* hosts.get(host("web")))
        assert.include(all.map((one) => JSON.stringify(one)), JSON.stringify(said(found)))
      }))
  })
}
