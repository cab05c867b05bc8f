import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DaemonLauncherTestRef, layerScripted } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { fakeInfo, SessionRegistryTestRef } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { LaunchError } from "../../../src/services/DaemonLauncher.ts"
import { PathsError } from "../../../src/services/Paths.ts"
import { SessionExists } from "../../../src/services/SessionServer.ts"
import { inWorld } from "../../support/inWorld.ts"

const HEADER = "# sesh layout 1\n# name\tdirectory\thost\tcommand\n"

/** What was written to standard output as it is, and what was said beside it. */
const written = Effect.map(OutputTestRef, ({ bytes, err, out }) => {
  assert.deepStrictEqual(out, [])
  return { text: Buffer.concat(bytes).toString(), err }
})

/** Starts all at once. */
const starts = layerScripted(({ name }) => Effect.succeed({ id: `id-of-${name}` }))

const launched = Effect.map(
  DaemonLauncherTestRef,
  ({ specs }) => specs.map(({ command, dir, name }) => [name, dir, command])
)

describe("sesh --export", () => {
  it.effect("without sessions prints the header alone", () =>
    inWorld({}, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--export"), 0)
        assert.deepStrictEqual(yield* written, { text: HEADER, err: [] })
      })))

  it.effect("prints a line a session, by name: a shell where it is, a command where it began", () =>
    inWorld({
      sessions: [
        { info: fakeInfo("web", { dir: "/srv", cwd: "/srv/two words" }) },
        { info: fakeInfo("build", { dir: "/src", cwd: "/src/sub", command: ["make", "-C", "sub", "a b"] }) },
        { info: fakeInfo("mac", { dir: "/Users/me" }) }
      ]
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--export"), 0)
        assert.deepStrictEqual(yield* written, {
          text: `${HEADER}build\t/src\t-\tmake -C sub "a b"\nmac\t/Users/me\t-\nweb\t/srv/two words\t-\n`,
          err: []
        })
      })))

  it.effect("keeps one that does not answer, as far as it is known, and says so", () =>
    inWorld(
      { sessions: [{ info: fakeInfo("stuck", { dir: "/srv" }), problem: "no answer\u001b in 1 s" }] },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--export"), 0)
          assert.deepStrictEqual(yield* written, {
            text: `${HEADER}stuck\t/srv\t-\n`,
            err: ["sesh: stuck: exported as it was when it began: it does not answer now (no answer\\x1b in 1 s)"]
          })
        })
    ))

  it.effect("does not make up the name of a directory that is not UTF-8", () =>
    inWorld(
      { sessions: [{ info: fakeInfo("latin", { dir: "/srv", cwd: "/srv/caf\ufffd" }) }] },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--export"), 0)
          assert.deepStrictEqual(yield* written, {
            text: `${HEADER}latin\t/srv\t-\n`,
            err: ["sesh: latin: exported where it was started: where it is now has a name that is not UTF-8"]
          })
        })
    ))

  it.effect("fails for what could not be made again, and exports the others", () =>
    inWorld({
      sessions: [
        { info: fakeInfo("long", { command: ["echo", "x".repeat(65_536)] }) },
        { info: fakeInfo("odd", { dir: "relative" }) },
        { info: fakeInfo("plain") }
      ]
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--export"), 1)
        assert.deepStrictEqual(yield* written, {
          text: `${HEADER}plain\t/home/user\t-\n`,
          err: [
            "sesh: long: not exported: its command is longer than 64 KiB",
            "sesh: odd: not exported: what it says of itself makes no sense"
          ]
        })
      })))
})

describe("sesh --import", () => {
  const layout = "web\t/srv/web\nbuild\t~/src\t-\tmake \"two words\"\n"

  it.effect.each(
    [
      ["a file", ["my/layout"], { files: { "my/layout": layout }, bytes: ["not\tread"] }],
      ["standard input", [], { bytes: [layout.slice(0, 10), layout.slice(10)] }],
      ["standard input, as -", ["-"], { bytes: [layout] }]
    ] as const
  )(
    "makes the sessions of %s, and says so in their order",
    ([, args, input]) =>
      inWorld(
        { input, launcher: starts, caller: { env: { SHELL: "/bin/sh", A: "b" } } },
        (sesh) =>
          Effect.gen(function*() {
            assert.strictEqual(yield* sesh("--import", ...args), 0)
            assert.deepStrictEqual((yield* DaemonLauncherTestRef).specs, [
              {
                name: "web",
                dir: "/srv/web",
                env: { SHELL: "/bin/sh", A: "b" },
                size: { cols: 80, rows: 24 },
                awaited: false
              },
              {
                name: "build",
                dir: "/home/user/src",
                command: ["make", "two words"],
                env: { SHELL: "/bin/sh", A: "b" },
                size: { cols: 80, rows: 24 },
                awaited: false
              }
            ] as never)
            const said = yield* OutputTestRef
            assert.deepStrictEqual(said.out, ["web: created in /srv/web", "build: created in ~/src"])
            assert.deepStrictEqual(said.err, [])
            assert.strictEqual((yield* TtyTestRef).opened, 0)
          })
      )
  )

  it.effect("of what was exported makes the same sessions, which run", () =>
    inWorld({ input: { bytes: ["a\t/srv\nb\t/srv\t-\ttop -b\n"] } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import"), 0)
        const programs = (yield* PtyTestRef).all.map(({ spec }) => [spec.file, spec.args, spec.cwd])
        assert.sameDeepMembers(programs, [["/bin/sh", [], "/srv"], ["top", ["-b"], "/srv"]])
      })))

  it.effect("leaves alone what exists, does not answer, or was just created by another process", () =>
    inWorld({
      sessions: [{ info: fakeInfo("there") }, { info: fakeInfo("stuck"), problem: "no answer" }],
      launcher: layerScripted(({ name }) =>
        name === "late" ? Effect.fail(new SessionExists({ name })) : Effect.succeed({ id: "x" })
      ),
      input: { bytes: ["# mine\nthere\t/srv\nstuck\t/srv\nlate\t/srv\nnew\t/srv\n"] }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import"), 1)
        const said = yield* OutputTestRef
        assert.deepStrictEqual(said.out, ["new: created in /srv"])
        assert.deepStrictEqual(said.err, [
          "sesh: line 2: there: is there already, left as it is",
          "sesh: line 3: stuck: is there already, left as it is",
          "sesh: line 4: late: is there already, left as it is"
        ])
        assert.deepStrictEqual(yield* launched, [["late", "/srv", undefined], ["new", "/srv", undefined]])
        const { detached, killed, sessions } = yield* SessionRegistryTestRef
        assert.deepStrictEqual([detached, killed, sessions.size], [[], [], 2])
      })))

  it.effect("skips what makes no sense, and says why, without control characters", () =>
    inWorld({
      launcher: layerScripted(({ dir, name }) =>
        dir.startsWith("/gone")
          ? Effect.fail(new LaunchError({ name, reason: `no directory ${dir}`, kind: "other" }))
          : Effect.succeed({ id: "x" })
      ),
      input: {
        bytes: [
          "first\t/srv\n\u001b[2J\t/srv\nrel\tsrv\ngone\t/gone\u001b[31m\u202e\nfirst\t/other\nfar\t/srv\t@web\nfar\t/srv\nlast\t/\u009b\n"
        ]
      }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import"), 1)
        const said = yield* OutputTestRef
        assert.deepStrictEqual(said.out, ["first: created in /srv", "far: created in /srv", "last: created in /\\x9b"])
        assert.deepStrictEqual(said.err, [
          "sesh: line 2: skipped: \"\\u001b[2J\" cannot be a session name: use letters, digits, \".\", \"-\" and \"_\" only",
          "sesh: line 3: skipped: the directory must be an absolute path",
          "sesh: line 4: gone: skipped: no directory /gone\\x1b[31m\\u202e",
          "sesh: line 5: first: skipped: line 1 has it already",
          "sesh: line 6: far: skipped: it is on web, and --import makes sessions here only"
        ])
        assert.deepStrictEqual((yield* launched).map(([name]) => name), ["first", "gone", "far", "last"])
      })))

  it.effect("does not repeat a long line to say that it is wrong", () =>
    inWorld(
      { input: { bytes: [`dev\t"/${"x".repeat(60_000)}\n`] }, launcher: starts },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--import"), 1)
          const { err } = yield* OutputTestRef
          assert.match(err[0]!, /^sesh: line 1: skipped: this is not well quoted: "\/x+\.\.\.$/)
          assert.isBelow(err[0]!.length, 600)
        })
    ))

  it.effect("makes a few at a time, and speaks of them in the order of the file", () =>
    Effect.gen(function*() {
      let running = 0
      let most = 0
      const names = Array.from({ length: 20 }, (_, index) => `s${index}`)
      const launcher = layerScripted(({ name }) =>
        Effect.gen(function*() {
          most = Math.max(most, ++running)
          // Later ones are ready sooner.
          for (let turn = Number(name.slice(1)); turn < 20; turn++) yield* Effect.yieldNow
          running--
          return { id: name }
        })
      )
      yield* inWorld({ launcher, input: { bytes: names.map((name) => `${name}\t/srv\n`) } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--import"), 0)
          assert.deepStrictEqual(
            (yield* OutputTestRef).out,
            names.map((name) =>
              `${name}: created in /srv`
            )
          )
        }))
      assert.isAbove(most, 1)
      assert.isAtMost(most, 4)
    }))

  it.effect("passes on what the launcher warns of", () =>
    inWorld({
      launcher: layerScripted(() => Effect.succeed({ id: "x", warning: "it will end when you log out" })),
      input: { bytes: ["dev\t/srv\n"] }
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: it will end when you log out"])
      })))

  it.effect.each(
    [
      ["a newer layout", ["dev\t/srv\n# sesh layout 2\n"], "it is a layout of version 2"],
      ["bytes", ["dev\t/srv\n", new Uint8Array([0xff, 0xfe])], "it is not text in UTF-8"],
      ["something else", ["Dear diary,\n\ttoday I\n"], "it is not a layout"],
      ["too many", Array.from({ length: 1001 }, (_, index) => `s${index}\t/srv\n`), "it has 1001 sessions"]
    ] as const
  )(
    "refuses %s before anything is made",
    ([, bytes, why]) =>
      inWorld({ input: { bytes }, launcher: starts }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--import"), 1)
          const said = yield* OutputTestRef
          assert.lengthOf(said.err, 1)
          assert.include(said.err[0], `sesh: cannot import standard input: ${why}`)
          assert.deepStrictEqual([said.out, yield* launched], [[], []])
        }))
  )

  it.effect("reads no more of what does not end than it takes to know", () =>
    Effect.gen(function*() {
      let fetched = 0
      const endless = function*() {
        for (;; fetched += 65_536) yield Buffer.alloc(65_536, "#")
      }
      yield* inWorld({ input: { bytes: endless() }, launcher: starts }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--import"), 1)
          assert.deepStrictEqual((yield* OutputTestRef).err, [
            "sesh: cannot import standard input: it is larger than 1 MiB"
          ])
        }))
      assert.isBelow(fetched, 2 * 1024 * 1024)
    }))

  it.effect("says which file cannot be read", () =>
    inWorld({ input: { files: { "dir\u001b": { problem: "it is a directory" } } } }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import", "nothing"), 1)
        assert.strictEqual(yield* sesh("--import", "dir\u001b"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, [
          "sesh: cannot read nothing: there is no such file",
          "sesh: cannot read dir\\x1b: it is a directory"
        ])
      })))

  it.effect("at a terminal says what it waits for; nothing comes, nothing is made", () =>
    inWorld(
      { problem: new PathsError({ path: "/x", problem: "is a file", advice: "move it away" }) },
      (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("--import"), 0)
          assert.deepStrictEqual((yield* OutputTestRef).err, [
            "sesh: waits for a layout on standard input; Ctrl-D ends it"
          ])
        })
    ))

  it.effect("makes nothing where no sessions can be", () =>
    inWorld({
      problem: new PathsError({ path: "/x/.sesh", problem: "is a file", advice: "move it away" }),
      input: { bytes: ["dev\t/srv\n"] },
      launcher: starts
    }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--import"), 1)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: /x/.sesh is a file; move it away"])
        assert.deepStrictEqual(yield* launched, [])
      })))
})
