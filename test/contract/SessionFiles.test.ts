import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Net from "node:net"
import * as Path from "node:path"
import * as EndedSessionsDisk from "../../src/layers/sessions/EndedSessionsDisk.ts"
import * as SessionFilesDisk from "../../src/layers/sessions/SessionFilesDisk.ts"
import * as SessionRegistryFiles from "../../src/layers/sessions/SessionRegistryFiles.ts"
import * as SessionFilesFake from "../../src/layers/testing/SessionFilesFake.ts"
import { fakeInfo } from "../../src/layers/testing/SessionRegistryFake.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { EndedSessions } from "../../src/services/EndedSessions.ts"
import type { HostError } from "../../src/services/HostError.ts"
import { Paths } from "../../src/services/Paths.ts"
import { SessionFiles } from "../../src/services/SessionFiles.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { machine } from "../fixtures/machine.ts"
import { ended, suite } from "./SessionFiles.ts"

const disk = Layer.effectDiscard(Effect.flatMap(Paths, ({ ensure }) => ensure)).pipe(
  Layer.provideMerge(Layer.mergeAll(SessionFilesDisk.layer, EndedSessionsDisk.layer, SessionRegistryFiles.layer)),
  Layer.provideMerge(machine),
  Layer.orDie
)

suite("SessionFilesFake", SessionFilesFake.layer)
suite("Disk", disk)

const [a, b, dotted] = ["a", "b", "a.ended"] as Array<SessionName> as [SessionName, SessionName, SessionName]
/** No process has it: Linux and macOS give lower ones (proc_sys_kernel(5), pid_max). */
const GONE = 2 ** 30

const TWO_HOURS = 2 * 3_600_000

/** Makes a file as old as what it says. */
const age = (path: string) => Fs.utimesSync(path, new Date(Date.now() - TWO_HOURS), new Date(Date.now() - TWO_HOURS))

describe("SessionFiles on disk", () => {
  const test = (
    name: string,
    use: (
      files: SessionFiles["Service"],
      dir: string,
      endedSessions: EndedSessions["Service"]
    ) => Effect.Effect<void, HostError, Paths | SessionRegistry>
  ) =>
    it.live(name, () =>
      Effect.gen(function*() {
        yield* use(yield* SessionFiles, (yield* Paths).dir, yield* EndedSessions)
      }).pipe(Effect.provide(disk)))

  test("an end is for its owner's eyes, and leaves nothing else behind", (files, dir) =>
    Effect.gen(function*() {
      yield* files.writeEnd(ended(a))
      assert.deepStrictEqual(Fs.readdirSync(dir).filter((entry) => entry !== ".lock"), ["a.ended"])
      assert.strictEqual(Fs.statSync(Path.join(dir, "a.ended")).mode & 0o777, 0o600)
    }))

  test("what is old goes when another is written; what is not ours stays", (files, dir) =>
    Effect.gen(function*() {
      const mine = ["old.ended", "b.ended", "b.ended.77"].map((name) => Path.join(dir, name))
      yield* files.writeEnd(ended("old" as SessionName, TWO_HOURS))
      yield* files.writeEnd(ended(b))
      Fs.copyFileSync(mine[1]!, mine[2]!)
      const others = ["notes.ended", ".ended", "-x.ended", "c.ended"].map((name) => Path.join(dir, name))
      for (const path of others) Fs.writeFileSync(path, path.endsWith("c.ended") ? JSON.stringify(ended(b)) : "mine")
      age(mine[0]!)
      for (const path of others) age(path)
      yield* files.writeEnd(ended(a))
      assert.deepStrictEqual(mine.map((path) => Fs.existsSync(path)), [false, true, true])
      assert.deepStrictEqual(others.map((path) => Fs.existsSync(path)), [true, true, true, true])
    }))

  test("what is no record is not believed", (_files, dir, endedSessions) =>
    Effect.gen(function*() {
      const path = Path.join(dir, "a.ended")
      const record = ended(a)
      const wrong: ReadonlyArray<string> = [
        "",
        "{",
        "null",
        JSON.stringify(ended(b)),
        JSON.stringify({ ...record, status: 3 }),
        JSON.stringify({ ...record, status: { code: "3" } }),
        JSON.stringify({ ...record, at: "now" }),
        JSON.stringify({ ...record, at: Date.now() + TWO_HOURS }),
        JSON.stringify({ ...record, more: "x".repeat(1_000_000) })
      ]
      for (const content of wrong) {
        Fs.writeFileSync(path, content)
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)), content.slice(0, 100))
      }
      Fs.writeFileSync(path, JSON.stringify({ ...record, later: "field" }))
      assert.isTrue(Option.isSome(yield* endedSessions.get(a)))
    }))

  test(
    "a link, a fifo or a directory in its place is neither followed nor waited for",
    (_files, dir, endedSessions) =>
      Effect.gen(function*() {
        const path = Path.join(dir, "a.ended")
        const elsewhere = Path.join(dir, "..", "elsewhere")
        Fs.writeFileSync(elsewhere, JSON.stringify(ended(a)))
        const places = [
          () => Fs.symlinkSync(elsewhere, path),
          () => void spawnSync("mkfifo", [path]),
          () => void Fs.mkdirSync(path)
        ]
        for (const put of places) {
          put()
          assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
          Fs.rmSync(path, { recursive: true })
        }
      })
  )

  test(
    "in a directory that others can write to nothing is believed",
    (files, dir, endedSessions) =>
      Effect.gen(function*() {
        yield* files.writeEnd(ended(a))
        Fs.chmodSync(dir, 0o777)
        assert.isTrue(Option.isNone(yield* endedSessions.get(a)))
        Fs.chmodSync(dir, 0o700)
      })
  )

  test("output is for its owner's eyes, and old output is removed with the next end; what is none of ours stays", (
    files,
    dir
  ) =>
    Effect.gen(function*() {
      yield* files.writeOutput(a, "1", { before: 0, base64: "" })
      yield* files.writeOutput(dotted, "1", { before: 0, base64: "" })
      const [mine, other, foreign] = ["a.ended-output", "a.ended.ended-output", "b.ended-output"].map((name) =>
        Path.join(dir, name)
      )
      assert.strictEqual(Fs.statSync(mine!).mode & 0o777, 0o600)
      Fs.writeFileSync(foreign!, "notes")
      for (const path of [mine, foreign]) Fs.utimesSync(path!, 0, 0)
      yield* files.writeEnd(ended(dotted))
      assert.deepStrictEqual([mine, other, foreign].map((path) => Fs.existsSync(path!)), [false, true, true])
    }))

  test(
    "owns a socket that it listens at, by whatever link; nothing else, and nothing that is not there",
    (files, dir) =>
      Effect.gen(function*() {
        const at = (name: string) => Path.join(dir, name)
        yield* Effect.acquireRelease(
          Effect.promise(() =>
            new Promise<Net.Server>((resolve) => {
              const server = Net.createServer().listen(at("socket"), () => resolve(server))
            })
          ),
          (server) => Effect.sync(() => server.close())
        )
        Fs.symlinkSync("socket", at("link"))
        Fs.symlinkSync("loop", at("loop"))
        Fs.writeFileSync(at("file"), "")
        const owned: Array<string> = []
        for (const path of [...["socket", "link", "loop", "file", "gone", "."].map(at), "socket", "", "/dev/null"]) {
          if (yield* files.ownsSocket(path)) owned.push(path)
        }
        assert.deepStrictEqual(owned, [at("socket"), at("link")])
      }).pipe(Effect.scoped)
  )

  test("an end is no session, and no leftover of one", (files, dir, endedSessions) =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      yield* files.writeEnd(ended(a))
      yield* files.writeEnd(ended(dotted))
      // What a dead session of that other name has left.
      yield* files.writeInfo(fakeInfo(dotted))
      const description = Path.join(dir, "a.ended.json")
      Fs.writeFileSync(
        description,
        Fs.readFileSync(description, "utf8").replace(`"pid":${process.pid}`, `"pid":${GONE}`)
      )
      assert.isTrue(Fs.existsSync(Path.join(dir, "a.ended.json")))
      assert.deepStrictEqual(yield* Effect.orDie(registry.list), [])
      assert.deepStrictEqual(yield* registry.names, [])
      assert.sameMembers(Fs.readdirSync(dir), [".lock", "a.ended", "a.ended.ended"])
      assert.isTrue(Option.isSome(yield* endedSessions.get(a)))
    }))
})
