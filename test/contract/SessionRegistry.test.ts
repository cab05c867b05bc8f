import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as SessionRegistryFiles from "../../src/layers/sessions/SessionRegistryFiles.ts"
import * as SessionRegistryFake from "../../src/layers/testing/SessionRegistryFake.ts"
import { SessionDescription, SessionInfo } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { Lock } from "../../src/services/Lock.ts"
import { Paths } from "../../src/services/Paths.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { SessionServer } from "../../src/services/SessionServer.ts"
import { leaveDead } from "../fixtures/dead.ts"
import { machine } from "../fixtures/machine.ts"
import { plainSession } from "../fixtures/session.ts"
import { patienceSuite, Sessions, suite } from "./SessionRegistry.ts"
import { until } from "./SessionServer.ts"

const memory = Layer.effect(
  Sessions,
  Effect.map(SessionRegistryFake.SessionRegistryTestRef, ({ sessions }) => ({
    start: (name, { info, ...given } = {}) =>
      Effect.sync(() => void sessions.set(name, { ...given, info: SessionRegistryFake.fakeInfo(name, info) }))
  }))
).pipe(Layer.provideMerge(SessionRegistryFake.layer()))

const files = Layer.effect(
  Sessions,
  Effect.map(SessionServer, (server) => ({
    start: (name, given) =>
      plainSession(name, given).pipe(Effect.provideService(SessionServer, server), Effect.asVoid, Effect.orDie)
  }))
).pipe(Layer.provideMerge(SessionRegistryFiles.layer), Layer.provideMerge(machine))

suite("SessionRegistryFake", memory)
suite("SessionRegistryFiles", files)
patienceSuite("SessionRegistryFake", memory)
patienceSuite("SessionRegistryFiles", files)

const [work, other] = ["work", "other"] as Array<SessionName> as [SessionName, SessionName]
const encodeDescription = Schema.encodeSync(Schema.fromJsonString(SessionDescription))
const encodeInfo = Schema.encodeSync(Schema.fromJsonString(SessionInfo))

describe("SessionRegistryFiles", () => {
  it.live("asking does not make the directory", () =>
    Effect.gen(function*() {
      const paths = yield* Paths
      yield* (yield* SessionRegistry).list
      assert.isFalse(Fs.existsSync(paths.dir))
    }).pipe(Effect.provide(files)))

  it.live("what a dead session left is not listed, and removed; the living stay", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* plainSession(work)
      yield* leaveDead(paths.session(other).socket)
      Fs.writeFileSync(paths.session(other).info, "{}")
      Fs.writeFileSync(`${paths.session(other).info}.123`, "{}")
      Fs.symlinkSync("/nowhere", paths.session(other).agent)
      Fs.symlinkSync("/nowhere", paths.session("gone" as SessionName).agent)
      Fs.writeFileSync(
        paths.session("lost" as SessionName).info,
        encodeInfo(SessionRegistryFake.fakeInfo("lost"))
      )
      Fs.writeFileSync(paths.session(work).info, "{}")
      assert.deepStrictEqual((yield* registry.list).map(({ name }) => name), [work])
      assert.sameMembers(Fs.readdirSync(paths.dir), [".lock", "work.sock", "work.json"])
    }).pipe(Effect.provide(files)))

  it.live("a dead session is told from one that never was, until a listing has removed what it left", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* paths.ensure
      yield* leaveDead(paths.session(work).socket)
      const dead = yield* Effect.flip(registry.get(work))
      assert.deepInclude(dead, { _tag: "NoSession", stale: true })
      assert.deepStrictEqual(yield* registry.list, [])
      assert.deepInclude(yield* Effect.flip(registry.get(work)), { _tag: "NoSession", stale: false })
    }).pipe(Effect.provide(files)))

  it.live("strange names and things in the directory are neither listed nor touched", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* plainSession(work)
      const strange = [
        ".hidden.sock",
        "-rf.sock",
        "a b.sock",
        "new\nline.sock",
        "\u001b[31mred.sock",
        `${"x".repeat(65)}.sock`,
        ".sock",
        "ünï.json",
        "-x.agent",
        "notes",
        // Somebody else's files, in a directory that SESH_DIR was set to.
        "package.json",
        "secret.agent"
      ]
      for (const name of strange) Fs.writeFileSync(Path.join(paths.dir, name), "")
      Fs.writeFileSync(Path.join(paths.dir, "file.sock"), "no socket")
      Fs.symlinkSync(paths.session(work).socket, Path.join(paths.dir, "link.sock"))
      Fs.mkdirSync(Path.join(paths.dir, "dir.json"))
      const before = Fs.readdirSync(paths.dir)
      assert.deepStrictEqual((yield* registry.list).map(({ name }) => name), [work])
      assert.deepStrictEqual(yield* registry.names, [work])
      assert.sameMembers(Fs.readdirSync(paths.dir), before)
    }).pipe(Effect.provide(files)))

  it.live("one that does not answer is listed with what its file remembers, and holds nobody up for long", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      const info = SessionRegistryFake.fakeInfo(work, { title: "remembered" })
      const heard: Array<string> = []
      const mute = { mute: true, onHello: () => heard.push("hello"), onGone: () => heard.push("gone") }
      yield* plainSession(work, mute)
      yield* plainSession(other, mute)
      Fs.writeFileSync(paths.session(work).info, encodeInfo(info))
      Fs.writeFileSync(paths.session(other).info, encodeInfo(info))
      assert.deepStrictEqual(yield* registry.list, [
        // The other's file speaks of another session.
        { name: other, problem: "no answer in 1 s" },
        { name: work, info, problem: "no answer in 1 s" }
      ])
      yield* until("both have been let go", () => heard.length === 4)
      assert.deepStrictEqual(heard, ["hello", "hello", "gone", "gone"], "they are waited for together")
    }).pipe(Effect.provide(files)))

  it.live("one that does not answer is listed at once, whatever is in the place of its file", () =>
    Effect.gen(function*() {
      const { info } = (yield* Paths).session(work)
      yield* plainSession(work, { mute: true })
      const { list } = yield* SessionRegistry
      const listed = Effect.map(list, (all) => all.map((one) => one.info))
      // Reading one would wait for a writer; the other does not fit into memory as text.
      ChildProcess.execFileSync("mkfifo", [info])
      assert.deepStrictEqual(yield* listed, [undefined])
      Fs.rmSync(info)
      Fs.writeFileSync(info, "")
      Fs.truncateSync(info, 2 ** 30)
      assert.deepStrictEqual(yield* listed, [undefined])
    }).pipe(Effect.provide(files)))

  it.live("sessions of another machine are listed with its name, and nothing of them is touched", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* paths.ensure
      const machine = { name: "node1", boot: "b1", id: "i1", pids: "pid:[1]" }
      const names = [work, other, "third" as SessionName]
      for (const name of names) {
        const info = SessionRegistryFake.fakeInfo(name)
        Fs.writeFileSync(
          paths.session(name).info,
          encodeDescription({ ...info, daemon: { machine, pid: 77, start: "1" } })
        )
        Fs.symlinkSync("/nowhere", paths.session(name).agent)
      }
      yield* leaveDead(paths.session(work).socket)
      yield* leaveDead(paths.session("third" as SessionName).socket)
      const before = Fs.readdirSync(paths.dir)
      const listed = names.toSorted().map((name) => ({
        name,
        info: SessionRegistryFake.fakeInfo(name),
        machine: "node1",
        problem: "it runs on node1"
      }))
      for (const _ of [1, 2]) assert.deepStrictEqual(yield* registry.list, listed)
      assert.sameMembers(Fs.readdirSync(paths.dir), before)
      for (const name of names) {
        for (const ask of [registry.get(name), registry.kill(name, 0), registry.detach(name)]) {
          const error = yield* Effect.flip(ask as Effect.Effect<unknown, { readonly _tag: string }>)
          assert.strictEqual(error._tag, "SessionElsewhere")
        }
      }
    }).pipe(Effect.provide(files)))

  it.live("one that speaks another protocol is listed with what to do", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      yield* plainSession(work, { major: 2 })
      const [listed] = yield* registry.list
      assert.include(listed!.problem, "upgrade this sesh")
      assert.deepInclude(yield* Effect.flip(registry.get(work)), { _tag: "VersionMismatch", older: "client" })
    }).pipe(Effect.provide(files)))

  it.live("who is hung up on asks again; who is hung up on again gives up", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      yield* plainSession(work, { hangUps: 1 })
      yield* plainSession(other, { hangUps: 9 })
      yield* registry.get(work)
      assert.deepInclude(yield* Effect.flip(registry.get(other)), { _tag: "SessionUnresponsive", reason: "it hung up" })
    }).pipe(Effect.provide(files)))

  it.live("one that hangs up on everybody is listed all the same, as it is alive", () =>
    Effect.gen(function*() {
      yield* plainSession(work, { hangUps: 9 })
      yield* plainSession(other)
      const listed = yield* (yield* SessionRegistry).list
      assert.deepStrictEqual(listed.map(({ name, problem }) => [name, problem]), [
        [other, undefined],
        [work, "it hung up"]
      ])
    }).pipe(Effect.provide(files)))

  it.live("a session whose daemon dies while it is killed has ended by its terminal's hangup", () =>
    Effect.gen(function*() {
      yield* plainSession(work, { abrupt: true })
      assert.deepStrictEqual(yield* (yield* SessionRegistry).kill(work, 0), { code: 0, signal: 1 })
    }).pipe(Effect.provide(files)))

  it.live("a session that has ended before it was killed has ended as it did", () =>
    Effect.gen(function*() {
      yield* plainSession(work, { over: true })
      assert.deepStrictEqual(yield* (yield* SessionRegistry).kill(work, 0), { code: 5 })
    }).pipe(Effect.provide(files)))

  it.live("detaching gives the reason on, and returns once that was done", () =>
    Effect.gen(function*() {
      const reasons = yield* plainSession(work)
      yield* (yield* SessionRegistry).detach(work, "dinner")
      assert.deepStrictEqual(reasons, ["dinner"])
    }).pipe(Effect.provide(files)))

  it.live("a listing does not wait long for the holder of the lock", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* plainSession(work)
      yield* leaveDead(paths.session(other).socket)
      const holder = yield* Effect.forkChild((yield* Lock).withLock(Effect.never))
      yield* Effect.yieldNow
      const patient = yield* Effect.forkChild(Effect.exit((yield* Lock).withLock(Effect.void)))
      assert.strictEqual((yield* registry.list).length, 1)
      assert.isUndefined(patient.pollUnsafe(), "who needs the lock waits longer")
      yield* Fiber.interrupt(holder)
    }).pipe(Effect.provide(files)))

  it.live("a directory that others can write to is refused, by the list with advice, by names in silence", () =>
    Effect.gen(function*() {
      const registry = yield* SessionRegistry
      const paths = yield* Paths
      yield* plainSession(work)
      Fs.chmodSync(paths.dir, 0o777)
      assert.include((yield* Effect.flip(registry.list)).message, "chmod 700")
      assert.deepStrictEqual(yield* registry.names, [])
      assert.include((yield* Effect.flip(registry.get(work))).message, "chmod 700")
      Fs.chmodSync(paths.dir, 0o700)
    }).pipe(Effect.provide(files)))
})
