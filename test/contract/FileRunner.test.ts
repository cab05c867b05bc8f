import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as RsyncRunnerRsync from "../../src/layers/sync/RsyncRunnerRsync.ts"
import { RsyncRunner, ScpRunner } from "../../src/services/FileRunner.ts"
import { Home } from "../fixtures/machine.ts"
import { callerAt, fakeRunners, fakeWay, Homes, picture, realWay, SyncSshd, web, write } from "../fixtures/syncHosts.ts"
import { describeWith } from "../support/needs.ts"
import { happens } from "../support/sshSuite.ts"
import { suite } from "./FileRunner.ts"

suite("RsyncRunnerFake", fakeRunners, "rsync")
suite("ScpRunnerFake", fakeRunners, "scp")

/** Processes whose working directory is below one. */
const processesIn = (dir: string): ReadonlyArray<string> =>
  Fs.readdirSync("/proc").filter((entry) => {
    try {
      return /^\d+$/.test(entry) && Fs.readlinkSync(`/proc/${entry}/cwd`).startsWith(`${dir}/`)
    } catch {
      return false
    }
  })

/** A program of the test's own, which comes first on a PATH. */
const program = (dir: string, name: string, script: string) => write(dir, name, `#!/bin/sh\n${script}\n`, 0o755)

describeWith(["rsync"], "RsyncRunnerRsync", () => {
  suite("with rsync, without ssh", fakeWay, "rsync")

  it.live("rsync's variables in the user's environment are ignored", () =>
    Effect.gen(function*() {
      const { here, there } = yield* Homes
      process.env["RSYNC_RSH"] = "false"
      yield* Effect.addFinalizer(() => Effect.sync(() => delete process.env["RSYNC_RSH"]))
      write(here, "a", "a")
      assert.deepStrictEqual(yield* (yield* RsyncRunner).push(web, ["a"]), [{ path: "a" }])
      assert.strictEqual(picture(there)["a"], "644 a")
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))

  it.live("a host without rsync is not a failure of the paths", () =>
    Effect.gen(function*() {
      const { binThere, here } = yield* Homes
      const rsync = yield* RsyncRunner
      write(here, "a", "a")
      program(binThere, "rsync", "exit 127")
      assert.include(yield* Effect.flip(rsync.push(web, ["a"])), { _tag: "ToolMissing", where: "there" })
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))

  it.live("a missing local rsync is another error than one missing on the host", () =>
    Effect.gen(function*() {
      const { bin, here } = yield* Homes
      write(here, "a", "a")
      // A PATH may end with a file: the system then reports ENOTDIR.
      for (const PATH of [bin, `${bin}:${Path.join(here, "a")}`]) {
        const empty = callerAt({ PATH, SESH_DIR: "" })
        const runner = Effect.provide(RsyncRunner, Layer.fresh(RsyncRunnerRsync.layer.pipe(Layer.provide(empty))))
        assert.include(yield* Effect.flip((yield* runner).push(web, ["a"])), { _tag: "ToolMissing", where: "here" })
      }
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))
})

describeWith(["rsync"], "an interrupted copy", () => {
  it.live("leaves no process behind", () =>
    Effect.gen(function*() {
      const { binThere, here } = yield* Homes
      const { path: root } = yield* Home
      const mark = Path.join(binThere, "started")
      write(here, "a", "a")
      program(binThere, "rsync", `touch '${mark}'; exec sleep 60`)
      const pushing = yield* Effect.forkChild((yield* RsyncRunner).push(web, ["a"]))
      yield* happens("rsync runs on the host", () => Fs.existsSync(mark))
      assert.isAbove(processesIn(root).length, 2)
      yield* Fiber.interrupt(pushing)
      yield* happens("all have ended", () => processesIn(root).length === 0)
    }).pipe(Effect.scoped, Effect.provide(fakeWay)), 60_000)
})

describeWith(["scp"], "ScpRunnerScp", () => {
  suite("with scp, without ssh", fakeWay, "scp")

  it.live("what scp would not copy as it is, is refused by its name", () =>
    Effect.gen(function*() {
      const { here, there } = yield* Homes
      write(here, "out/a", "a")
      Fs.symlinkSync("/etc/hostname", Path.join(here, "out/link"))
      write(here, "round/a", "a")
      Fs.symlinkSync("..", Path.join(here, "round/up"))
      write(here, "named/line\nfeed", "a")
      write(here, "fine/a", "a")
      Fs.symlinkSync("a", Path.join(here, "fine/b"))
      const results = yield* (yield* ScpRunner).push(web, ["out", "round", "named", "fine"])
      assert.deepStrictEqual(results.map(({ failure }) => failure?.words.replace(/:.*/s, "")), [
        "out/link leads out of the home",
        "round/up leads out of the home",
        "named/line\nfeed has control characters in its name",
        undefined
      ])
      assert.deepStrictEqual(picture(there), { fine: "/", "fine/a": "644 a", "fine/b": "644 a" })
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))

  it.live("a remote scp that is missing, or ends at once, is reported at once", () =>
    Effect.gen(function*() {
      const { binThere, here } = yield* Homes
      const scp = yield* ScpRunner
      write(here, "a", "a")
      program(binThere, "scp", "exit 127")
      assert.include(yield* Effect.flip(scp.push(web, ["a"])), { _tag: "ToolMissing", where: "there" })
      program(binThere, "scp", "echo broken >&2; exit 3")
      const [a] = yield* scp.push(web, ["a"])
      assert.include(a!.failure!.words, "broken")
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))

  it.live("long output is read to its end, where the reason is", () =>
    Effect.gen(function*() {
      const { binThere, here } = yield* Homes
      write(here, "a", "a")
      program(binThere, "scp", "echo first >&2; yes 'and more' | head -c 200000 >&2; echo the reason >&2; exit 3")
      const [a] = yield* (yield* ScpRunner).push(web, ["a"])
      const { words } = a!.failure!
      assert.match(words, /^first\n/)
      assert.include(words.slice(-500), "the reason\n")
      assert.isBelow(words.length, 100_000)
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))

  it.live("an old scp without the option for its old protocol works", () =>
    Effect.gen(function*() {
      const { bin, here, there } = yield* Homes
      const refuse = "for arg; do [ \"$arg\" = -O ] && { echo 'unknown option -- O' >&2; exit 1; }; done"
      program(bin, "scp", `${refuse}\nPATH=\${PATH%%'${bin}:'*}\${PATH#*'${bin}:'}; exec scp -O "$@"`)
      write(here, "a", "a")
      const result = yield* (yield* ScpRunner).push(web, ["a"])
      assert.deepStrictEqual(result, [{ path: "a" }])
      assert.strictEqual(picture(there)["a"], "644 a")
    }).pipe(Effect.scoped, Effect.provide(fakeWay)))
})

describeWith(["ssh", "sshd", "ssh-keygen", "rsync", "scp"], "on a real host", () => {
  suite("RsyncRunnerRsync, on a real host", realWay, "rsync")
  suite("ScpRunnerScp, on a real host", realWay, "scp")

  describe("on a real host that is lost", () => {
    it.live("a connection that breaks in the middle is a failure of all paths, soon", () =>
      Effect.gen(function*() {
        const { binThere, here } = yield* Homes
        const sshd = yield* SyncSshd
        write(here, "a", "a")
        write(here, "b", "b")
        const mark = Path.join(binThere, "started")
        program(binThere, "rsync", `touch '${mark}'; sleep 60`)
        const pushing = yield* Effect.forkChild((yield* RsyncRunner).push(web, ["a", "b"]))
        yield* happens("rsync runs on the host", () => Fs.existsSync(mark))
        sshd.killConnections()
        const results = yield* Fiber.join(pushing)
        assert.deepStrictEqual(results.map(({ path }) => path), ["a", "b"])
        for (const { failure } of results) assert.include(failure!.words, "the connection to web is lost")
      }).pipe(Effect.scoped, Effect.provide(realWay)), 60_000)
  })
})
