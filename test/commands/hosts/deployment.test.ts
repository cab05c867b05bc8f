import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { deployTo, ensureDeployed, progressText, withSesh } from "../../../src/commands/hosts/deployment.ts"
import * as Caller from "../../../src/layers/testing/CallerFake.ts"
import * as Deployer from "../../../src/layers/testing/DeployerFake.ts"
import * as EventLog from "../../../src/layers/testing/EventLogFake.ts"
import * as Output from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { DeployError } from "../../../src/services/Deployer.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { Progress } from "../../../src/services/Progress.ts"
import { inWorld } from "../../support/inWorld.ts"
import { hostNamed } from "../../support/sshSuite.ts"

const failure = { step: "prepare", problem: "its disk is full", advice: "make room", stderr: "df" } as const

const shadowed = (host: string, other: string) =>
  `[${host}: typing sesh there runs another one, ${other}, which comes first on the PATH: put ~/.local/bin first there, or give this one another name (ln -s sesh ~/.local/bin/<name>); from here, nothing changes]`

describe("sesh --deploy", () => {
  it.effect("says what was done, shows how it goes, and the host is known from then on", () =>
    inWorld({ targets: { web: {}, db: { npm: true }, old: { sesh: "0.0.0" } } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--deploy", "@web", "@db", "@old", "@web"), 0)
        const { err, out } = yield* Output.OutputTestRef
        assert.deepStrictEqual([out, err], [[
          "web: sesh 0.0.0 installed, as a copy",
          "db: sesh 0.0.0 installed, by npm",
          "old: sesh 0.0.0 is there already"
        ], []])
        assert.deepStrictEqual((yield* RemotesTestRef).looks.map(([host]) => host), ["web", "db", "old"])
        const { now, texts } = yield* ProgressTestRef
        assert.deepStrictEqual(now(), [])
        assert.deepStrictEqual(texts.slice(0, 4), [
          "web: looking what is there …",
          "web: [........................]   0%  0.0 of 0.0 MB  0.0 MB/s  1 s left",
          "web: [########################] 100%  0.0 of 0.0 MB  0.0 MB/s  0 s left",
          "web: checking what arrived …"
        ])
      })))

  it.effect("says where a copy for another platform comes from, and shows how it is fetched", () =>
    inWorld({ targets: { arm: { from: "registry" }, mac: { from: "folder" } } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--deploy", "@arm", "@mac"), 0)
        assert.deepStrictEqual((yield* Output.OutputTestRef).out, [
          "arm: sesh 0.0.0 installed, as a copy from npm's registry",
          "mac: sesh 0.0.0 installed, as a copy from SESH_EXECUTABLES"
        ])
        assert.deepStrictEqual((yield* ProgressTestRef).texts.slice(1, 3), [
          "arm: asking npm's registry …",
          "arm: fetching 100%  0.0 of 0.0 MB  0.0 MB/s  0 s left"
        ])
      })))

  it.effect("says which other sesh one would run there, and what helps", () =>
    inWorld(
      { targets: { web: { shadowedBy: "/usr/bin/sesh" }, old: { sesh: "0.0.0", shadowedBy: "/x" } } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--deploy", "@web", "@old"), 0)
          const { err, out } = yield* Output.OutputTestRef
          assert.deepStrictEqual(out, ["web: sesh 0.0.0 installed, as a copy", "old: sesh 0.0.0 is there already"])
          assert.deepStrictEqual(err, [shadowed("web", "/usr/bin/sesh")])
        })
    ))

  it.effect("goes on with the others when one fails, says why, and exits with 1", () =>
    inWorld({ targets: { full: { failure }, web: {} } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--deploy", "@full", "@web"), 1)
        const { err, out } = yield* Output.OutputTestRef
        assert.deepStrictEqual(err, ["sesh: cannot put sesh on full: its disk is full; make room"])
        assert.deepStrictEqual(out, ["web: sesh 0.0.0 installed, as a copy"])
        assert.deepStrictEqual((yield* RemotesTestRef).looks.map(([host]) => host), ["web"])
      })))
})

describe("sesh --upgrade", () => {
  it.live("upgrades all known hosts at the same time, a line each and a summary", () => {
    const names = Array.from({ length: 20 }, (_, index) => `web${index}`)
    const targets = Object.fromEntries(names.map((name) => [name, { delay: 20 } as Deployer.FakeTarget]))
    return inWorld(
      { known: names, targets: { ...targets, web3: { failure }, web4: { sesh: "0.0.0" } } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--upgrade"), 1)
          const { err, out } = yield* Output.OutputTestRef
          assert.deepStrictEqual(
            out.toSorted(),
            names.filter((name) => name !== "web3").map((name) =>
              name === "web4" ? "web4: sesh 0.0.0 is there already" : `${name}: sesh 0.0.0 installed, as a copy`
            ).toSorted()
          )
          assert.deepStrictEqual(err, [
            "sesh: cannot put sesh on web3: its disk is full; make room",
            "18 hosts upgraded, 1 as new as this sesh, 1 failed"
          ])
          assert.strictEqual((yield* Deployer.DeployerTestRef).most(), 8)
          const { texts } = yield* ProgressTestRef
          assert.include(texts[0], "0 of 20 hosts  web0 …")
          assert.strictEqual(texts.at(-1), "20 of 20 hosts")
        })
    )
  })

  it.effect("says it of every host that it upgrades", () =>
    inWorld(
      { known: ["a", "b"], targets: { a: { shadowedBy: "/a" }, b: { shadowedBy: "/b" } } },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--upgrade"), 0)
          const { err } = yield* Output.OutputTestRef
          assert.deepStrictEqual(err.slice(0, 2).toSorted(), [shadowed("a", "/a"), shadowed("b", "/b")])
        })
    ))

  it.effect("is content without hosts, and when there was nothing to do", () =>
    Effect.gen(function*() {
      yield* inWorld({}, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--upgrade"), 0)
          assert.match((yield* Output.OutputTestRef).err[0]!, /no host is known yet/)
        }))
      yield* inWorld({ known: ["web"], targets: { web: { sesh: "9.0.0" } } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--upgrade"), 0)
          assert.deepStrictEqual((yield* Output.OutputTestRef).out, ["web: sesh 9.0.0 is there already"])
        }))
    }))
})

describe("before a session on a host", () => {
  const web = hostNamed("web")
  const error = (kind: HostError["kind"]) => new HostError({ host: "web", kind, problem: "so it is" })

  const given = <A, E, R>(target: Deployer.FakeTarget, effect: Effect.Effect<A, E, R>, isOn = false) =>
    Effect.provide(
      effect,
      Layer.mergeAll(
        Deployer.layer({ web: target }).pipe(Layer.provide(Caller.layer({ version: "1.0.0" }))),
        EventLog.layer({ isOn }).pipe(Layer.provideMerge(Output.layer({ isTerminal: true }))),
        Layer.succeed(Progress, { line: Effect.succeed(() => {}) })
      )
    )

  it.effect.each(["no sesh", "version"] as const)("%s: it is deployed, and the work is done again", (kind) => {
    let tries = 0
    const work = Effect.suspend(() => ++tries === 1 ? Effect.fail(error(kind)) : Effect.succeed("done"))
    return given(
      { sesh: kind === "version" ? "0.9.0" : undefined },
      Effect.gen(function*() {
        assert.strictEqual(yield* withSesh(web, work), "done")
        assert.strictEqual((yield* Deployer.DeployerTestRef).targets.get("web")?.sesh, "1.0.0")
        assert.strictEqual((yield* Output.OutputTestRef).err.at(-1), "[web: sesh 1.0.0 installed, as a copy]")
      })
    )
  })

  it.effect("once: if it fails as before, that is it", () =>
    given(
      {},
      Effect.gen(function*() {
        assert.strictEqual((yield* Effect.flip(withSesh(web, Effect.fail(error("no sesh")))))._tag, "HostError")
        assert.strictEqual((yield* Deployer.DeployerTestRef).asked.length, 1)
      })
    ))

  it.effect("people are told which other sesh they would run by typing its name there", () =>
    given(
      { shadowedBy: "/usr/bin/sesh" },
      Effect.gen(function*() {
        yield* ensureDeployed(web, error("no sesh"))
        assert.deepStrictEqual((yield* Output.OutputTestRef).err, [
          "[no sesh on web yet]",
          "[web: sesh 1.0.0 installed, as a copy]",
          shadowed("web", "/usr/bin/sesh")
        ])
      })
    ))

  it.effect("a sesh there that is newer than ours stays, and the error is what it was", () =>
    given(
      { sesh: "2.0.0" },
      Effect.gen(function*() {
        const before = error("version")
        assert.strictEqual(yield* Effect.flip(ensureDeployed(web, before)), before)
        assert.strictEqual((yield* Deployer.DeployerTestRef).targets.get("web")?.sesh, "2.0.0")
      })
    ))

  it.effect.each(["unreachable", "lost", "refused", "nonsense"] as const)("%s: nothing is deployed", (kind) =>
    given(
      {},
      Effect.gen(function*() {
        const result = yield* Effect.flip(ensureDeployed(web, error(kind)))
        assert.strictEqual(result._tag === "HostError" && result.kind, kind)
        assert.strictEqual((yield* Deployer.DeployerTestRef).asked.length, 0)
      })
    ))

  it.effect("programs are told when it starts, and how it ends; people then are not", () => {
    const said = Effect.gen(function*() {
      return [(yield* EventLog.EventLogTestRef).events, (yield* Output.OutputTestRef).err] as ReadonlyArray<unknown>
    })
    return Effect.gen(function*() {
      const start = { event: "deploy_start", host: "web" }
      assert.deepStrictEqual(
        yield* given(
          { npm: true, shadowedBy: "/usr/bin/sesh" },
          Effect.andThen(ensureDeployed(web, error("no sesh")), said),
          true
        ),
        [[start, { event: "deploy_done", host: "web", version: "1.0.0", way: "npm" }], []]
      )
      const failing = (stderr: string) =>
        given({ failure: { ...failure, stderr } }, Effect.andThen(Effect.flip(deployTo(web)), said), true)
      const failed = { event: "deploy_failed", host: "web", step: "prepare" }
      assert.deepStrictEqual(yield* failing("\x1b[2Jdf"), [[start, { ...failed, stderr: "[2Jdf" }], []])
      assert.deepStrictEqual(yield* failing(""), [[start, { ...failed, stderr: "its disk is full" }], []])
    })
  })
})

describe("progress", () => {
  it("has a bar, bytes, rate and the time that is left, in a line of 80 columns", () => {
    const text = progressText({ _tag: "Sending", sent: 22_450_000, total: 44_900_000, rate: 2_480_000 })
    assert.strictEqual(text, "[############............]  50%  22.4 of 44.9 MB  2.5 MB/s  10 s left")
    const slow = progressText({ _tag: "Sending", sent: 0, total: 144_900_000, rate: 100_000 })
    assert.isAtMost(slow.length, 78)
    assert.include(slow, "25 min left")
    assert.include(progressText({ _tag: "Sending", sent: 0, total: 0, rate: 0 }), "  0%  0.0 of 0.0 MB  0.0 MB/s")
  })
})

it("a deployment's error says host, problem and advice", () =>
  assert.strictEqual(
    new DeployError({ host: "web", ...failure }).message,
    "cannot put sesh on web: its disk is full; make room"
  ))
