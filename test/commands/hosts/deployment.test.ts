import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import { readFileSync } from "node:fs"
import { onTestFinished, vi } from "vitest"
import { deployTo, ensureDeployed, progressText, withSesh } from "../../../src/commands/hosts/deployment.ts"
import { gist, readFacts, readOutcome, stderrText } from "../../../src/layers/deploy/hostReport.ts"
import { PACKAGE, readPackage } from "../../../src/layers/deploy/npmPackage.ts"
import { send } from "../../../src/layers/deploy/upload.ts"
import * as Caller from "../../../src/layers/testing/CallerFake.ts"
import * as Deployer from "../../../src/layers/testing/DeployerFake.ts"
import * as EventLog from "../../../src/layers/testing/EventLogFake.ts"
import * as Output from "../../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../../src/layers/testing/ProgressFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { DeployError } from "../../../src/services/Deployer.ts"
import { HostError } from "../../../src/services/HostError.ts"
import { Progress } from "../../../src/services/Progress.ts"
import type { ProgramHandlers, RemoteProgram } from "../../../src/services/SshTransport.ts"
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

describe("what is sent", () => {
  const program = (listen: (handlers: ProgramHandlers) => void): RemoteProgram => ({
    listen,
    write: () => false,
    pause: () => {},
    resume: () => {},
    end: () => {},
    destroy: () => {}
  })
  const packed = {
    chunks: [Buffer.from("abc")],
    total: () => 3,
    isWhole: () => true,
    failure: () => undefined,
    more: () => {}
  }

  it.each(
    [
      ["prepare", ""],
      ["transfer", "ready\n"]
    ] as const
  )("is given up where a host that answers no more stands: %s", async (step, said) => {
    vi.useFakeTimers()
    onTestFinished(() => void vi.useRealTimers())
    const silent = program(({ onData }) => onData(Buffer.from(said)))
    const sending = Effect.runPromise(send(silent, () => packed, () => {}))
    await vi.advanceTimersByTimeAsync(119_000)
    assert.strictEqual(await Promise.race([sending, "waits"]), "waits")
    await vi.advanceTimersByTimeAsync(2000)
    assert.deepInclude(await sending, { end: undefined, step })
    assert.strictEqual(vi.getTimerCount(), 0)
  })
})

describe("what a host says", () => {
  it("is read line by line, once, and shown without control characters", () => {
    assert.deepStrictEqual(
      readFacts(Buffer.from("os Linux\nmachine x86_64\nos Darwin\nnpm yes\nstatus 0\nsays sesh 1.2.3\nat /x/sesh\n")),
      {
        system: "Linux x86_64",
        platform: "linux-x64",
        hasNpm: true,
        encodings: ["plain"],
        cLibrary: "fits",
        sesh: { version: "1.2.3" }
      }
    )
    const odd = readFacts(Buffer.from("os Li\x1b[2Jnux\nmachine " + "x".repeat(1000)))!
    assert.include(odd.system, "Li\\x1b[2Jnux")
    assert.isBelow(odd.system.length, 250)
    assert.isUndefined(odd.platform)
    assert.strictEqual(odd.sesh, "none")
    assert.isUndefined(readFacts(Buffer.from("Welcome!\n")))
    assert.strictEqual(readFacts(Buffer.from("os Linux\nmachine x\nstatus 127\nsays \n"))!.sesh, "broken")
    const found = (lines: string) => readFacts(Buffer.from(`os Linux\nmachine x\n${lines}\n`))!.sesh
    assert.deepStrictEqual(found("status 0\nat /a\nsays 2.1\nat /b"), { foreign: "/a" })
    assert.deepStrictEqual(found("status 2\nat /a\nsays sesh 1.0.0"), { foreign: "/a" })
    assert.deepStrictEqual(found("status 126\nat /a\nsays "), { foreign: "/a" })
    assert.strictEqual(found("status 1\nat /a\nours yes\nsays "), "broken")
    assert.strictEqual(found("status 139\nat /a\nsays "), "broken")
  })

  it("tells the C library by the loaders that are there", () => {
    const found = (system: string, lines: string) =>
      readFacts(Buffer.from(`os ${system.replace(" ", "\nmachine ")}\n${lines}\n`))!.cLibrary
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64 musl-x86_64\nlibc glibc 2.28"), "fits")
    assert.strictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc "), "fits")
    assert.strictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc glibc 3.0"), "fits")
    assert.deepStrictEqual(found("Linux x86_64", "loaders linux-x86-64\nlibc glibc 2.3.6"), { older: "2.3" })
    assert.deepStrictEqual(found("Linux arm64", "loaders linux-aarch64\nlibc glibc 2.27-9"), { older: "2.27" })
    assert.strictEqual(found("Linux aarch64", "loaders linux linux-x86-64 musl-aarch64"), "musl")
    assert.strictEqual(found("Linux aarch64", "loaders linux-armhf"), "32-bit")
    assert.strictEqual(found("Linux x86_64", "loaders "), "none")
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64\nstubs linux linux-x86-64"), "nixos")
    assert.strictEqual(found("Linux x86_64", "loaders linux linux-x86-64\nstubs linux"), "fits")
    assert.strictEqual(found("Darwin arm64", "loaders \nlibc "), "fits")
  })

  it("counts as done only when the last line says so", () => {
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\ndone sesh 1.2.3\n")), { version: "1.2.3" })
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\ntyped /usr/bin/sesh\ndone sesh 1.2.3\n")), {
      version: "1.2.3",
      shadowedBy: "/usr/bin/sesh"
    })
    const odd = readOutcome(Buffer.from(`typed sesh\ntyped /\x1b[2J${"x".repeat(1000)}\ndone sesh 1.2.3\n`))
    assert.match(JSON.stringify(odd), /"\/\\\\x1b\[2Jx{50,100}"/)
    assert.deepStrictEqual(readOutcome(Buffer.from("ready\nfail run\n")), { failed: "run" })
    for (
      const text of ["", "ready\n", "sesh 1.2.3\n", "done sesh 1.2.3\nmore", "fail nonsense", "done sesh 1.2.3\x1b"]
    ) {
      assert.isUndefined(readOutcome(Buffer.from(text)), text)
    }
  })

  it("is cut, and told by the line that says most", () => {
    const text = stderrText(
      Buffer.from(`${"x".repeat(5000)}\n\x07npm error code E404\nnpm error 404 Not Found - GET /x\n`)
    )
    assert.isBelow(text.length, 2100)
    assert.include(text, "\\x07npm")
    assert.strictEqual(gist("npm error code E404\nnpm error 404 Not Found - GET /x\n"), "404 Not Found - GET /x")
    assert.strictEqual(gist(""), "")
  })
})

describe("the package that npm is asked for", () => {
  it("is the one that npm run pack makes", () => {
    const manifest = JSON.parse(readFileSync(new URL("../../../package.json", import.meta.url), "utf8"))
    assert.strictEqual(manifest.name, PACKAGE)
    // What is installed with the package needs none: all is in the executable.
    assert.isUndefined(manifest.dependencies)
  })

  const read = (env: Record<string, string>) => Effect.result(readPackage("web", env, "1.2.3"))

  it.effect("is ours, of this version, unless the environment says otherwise", () =>
    Effect.gen(function*() {
      const ours = { spec: "sesh-sessions@1.2.3", registry: "", version: "1.2.3" }
      assert.deepStrictEqual(yield* readPackage("web", {}, "1.2.3"), ours)
      assert.deepStrictEqual(yield* readPackage("web", { SESH_NPM_PACKAGE: "", SESH_NPM_REGISTRY: "" }, "1.2.3"), ours)
      assert.deepStrictEqual(
        yield* readPackage("web", {
          SESH_NPM_PACKAGE: "@acme/sesh",
          SESH_NPM_REGISTRY: "https://npm.acme.example:8/x/"
        }, "1.2.3"),
        { spec: "@acme/sesh@1.2.3", registry: "https://npm.acme.example:8/x/", version: "1.2.3" }
      )
      assert.deepStrictEqual(yield* readPackage("web", { SESH_NPM_PACKAGE: "@acme/sesh@^1.0.0" }, "1.2.3"), {
        spec: "@acme/sesh@^1.0.0",
        registry: "",
        version: ""
      })
    }))

  it.effect.each(
    [
      { SESH_NPM_PACKAGE: "--ignore-scripts=false" },
      { SESH_NPM_PACKAGE: "a b" },
      { SESH_NPM_PACKAGE: "../sesh" },
      { SESH_NPM_PACKAGE: "http://acme.example/sesh.tgz" },
      { SESH_NPM_REGISTRY: "file:///etc" },
      { SESH_NPM_REGISTRY: "https://acme.example/ --prefix=/" },
      { SESH_NPM_REGISTRY: "https://acme.example/*" },
      { SESH_NPM_REGISTRY: "https://me:secret@acme.example/" }
    ] as ReadonlyArray<Record<string, string>>
  )("no word of %j becomes an argument of npm", (env) =>
    Effect.gen(function*() {
      const result = yield* read(env)
      assert.isTrue(Result.isFailure(result))
      if (Result.isFailure(result)) assert.notInclude(result.failure.message, "secret")
    }))
})

it("a deployment's error says host, problem and advice", () =>
  assert.strictEqual(
    new DeployError({ host: "web", ...failure }).message,
    "cannot put sesh on web: its disk is full; make room"
  ))
