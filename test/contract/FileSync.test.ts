import { assert, describe, it } from "@effect/vitest"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import { randomBytes } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as FileSyncLive from "../../src/layers/sync/FileSyncLive.ts"
import { withFileLock } from "../../src/layers/system/fileLock.ts"
import * as EventLogFake from "../../src/layers/testing/EventLogFake.ts"
import { EventLogTestRef } from "../../src/layers/testing/EventLogFake.ts"
import * as FileRunnerFake from "../../src/layers/testing/FileRunnerFake.ts"
import * as FileSyncFake from "../../src/layers/testing/FileSyncFake.ts"
import * as HostMemoryFake from "../../src/layers/testing/HostMemoryFake.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import { ProgressTestRef } from "../../src/layers/testing/ProgressFake.ts"
import type { HostName } from "../../src/schema/HostName.ts"
import { FileSync, type SyncOutcome } from "../../src/services/FileSync.ts"
import { Paths } from "../../src/services/Paths.ts"
import { aside, callerAt, fakeRunners, fakeWay, Homes, picture, realWay, web, write } from "../fixtures/syncHosts.ts"
import { describeWith } from "../support/needs.ts"
import { happens } from "../support/sshSuite.ts"
import { list, push, suite } from "./FileSync.ts"

const said = (isOn: boolean) =>
  Layer.merge(aside, EventLogFake.layer({ isOn }).pipe(Layer.provideMerge(OutputFake.layer({ isTerminal: false }))))

const withFakes = FileSyncLive.layer.pipe(Layer.provideMerge(fakeRunners), Layer.provideMerge(said(true)))
const forPeople = FileSyncLive.layer.pipe(Layer.provideMerge(fakeRunners), Layer.provideMerge(said(false)))

suite("FileSyncLive, with fake runners", withFakes)

describeWith(["rsync"], "with rsync", () => {
  suite(
    "FileSyncLive, with rsync",
    FileSyncLive.layer.pipe(Layer.provideMerge(fakeWay), Layer.provideMerge(said(true)))
  )
})

describeWith(["ssh", "sshd", "ssh-keygen", "rsync"], "on a real host", () => {
  suite(
    "FileSyncLive, on a real host",
    FileSyncLive.layer.pipe(Layer.provideMerge(realWay), Layer.provideMerge(said(true)))
  )
})

const heard = Effect.map(OutputFake.OutputTestRef, ({ err }) => err.splice(0))

describe("FileSyncFake", () => {
  it.effect("concurrent calls wait for one push, and a later call makes the next", () =>
    Effect.gen(function*() {
      const { push } = yield* FileSync
      const ref = yield* FileSyncFake.FileSyncTestRef
      const outcome = yield* Deferred.make<SyncOutcome>()
      ref.next = Deferred.await(outcome)
      const pushing = yield* Effect.forEach([web, web, "db" as HostName], (host) => Effect.forkChild(push(host)))
      yield* Effect.yieldNow
      assert.deepStrictEqual(ref.made, [web, "db"])
      yield* Deferred.succeed(outcome, { _tag: "Pushed" })
      for (const pushed of pushing) assert.deepStrictEqual(yield* Fiber.join(pushed), { _tag: "Pushed" })
      yield* push(web)
      assert.deepStrictEqual(ref.made, [web, "db", web])
    }).pipe(Effect.provide(FileSyncFake.layer)))
})

describe("FileSyncLive", () => {
  it.live("the user reads what happens, in lines", () =>
    Effect.gen(function*() {
      const { here } = yield* Homes
      const copies = yield* FileRunnerFake.FileRunnerTestRef
      write(here, "a", "1")
      write(here, "b\u202e", "1")
      yield* list("a", "gone", "../up", "b\u202e")
      copies.failures.set("a", { exitCode: 23, words: "rsync: denied \x1b[31m(13)\nrsync error: some files\n" })
      assert.strictEqual((yield* push).outcome, "Failed")
      assert.deepStrictEqual(yield* heard, [
        "syncing 1 path to web ...",
        "sesh: ~/.config/sesh/sync, line 3: ../up: it has a \"..\" in it",
        "sesh: ~/.config/sesh/sync, line 4: b\\u202e: it has control characters",
        "sesh: ~/.config/sesh/sync, line 2: gone is not there, skipped",
        "sesh: failed to push a to web: rsync: denied  [31m(13)"
      ])
      copies.failures.clear()
      yield* list("a")
      assert.strictEqual((yield* push).outcome, "Pushed")
      assert.deepStrictEqual(yield* heard, ["syncing 1 path to web ..."])
      assert.strictEqual((yield* push).outcome, "Unchanged")
      assert.deepStrictEqual(yield* heard, [])
    }).pipe(Effect.provide(forPeople)))

  it.live("nothing is printed where there is a log", () =>
    Effect.gen(function*() {
      write((yield* Homes).here, "a", "1")
      yield* list("a", "gone", "/x")
      yield* push
      assert.deepStrictEqual(yield* heard, [])
    }).pipe(Effect.provide(withFakes)))

  const pushedWithoutRsync = Effect.gen(function*() {
    const { here } = yield* Homes
    const copies = yield* FileRunnerFake.FileRunnerTestRef
    write(here, "a", "1")
    write(here, "b", "1")
    yield* list("a", "b")
    copies.missing.set("rsync", "there")
    const { events, outcome } = yield* push
    assert.strictEqual(outcome, "Pushed")
    assert.deepStrictEqual(copies.made.map(({ tool }) => tool), ["scp"])
    return events
  })

  it.live("without rsync, scp copies, and the log has each path for which it was missing", () =>
    Effect.gen(function*() {
      assert.deepStrictEqual((yield* pushedWithoutRsync).slice(1, 3), [
        { event: "tool_missing", tool: "rsync", path: "a" },
        { event: "tool_missing", tool: "rsync", path: "b" }
      ])
      assert.deepStrictEqual(yield* heard, [])
    }).pipe(Effect.provide(withFakes)))

  it.live("without rsync, scp copies, and one line says what it does not do", () =>
    Effect.gen(function*() {
      yield* pushedWithoutRsync
      assert.deepStrictEqual(yield* heard, [
        "syncing 2 paths to web ...",
        "sesh: there is no rsync on web; copied with scp, which removes nothing on web"
      ])
      assert.strictEqual((yield* push).outcome, "Unchanged")
    }).pipe(Effect.provide(forPeople)))

  it.live("scp copies files instead of links: a change of them is pushed, and only then", () =>
    Effect.gen(function*() {
      const { here, there } = yield* Homes
      const copies = yield* FileRunnerFake.FileRunnerTestRef
      write(here, "real/file", "1")
      Fs.mkdirSync(Path.join(here, "dir"))
      Fs.symlinkSync("../real/file", Path.join(here, "dir/link"))
      yield* list("dir")
      copies.missing.set("rsync", "there")
      for (const text of ["2", "3"]) {
        write(here, "real/file", text)
        assert.strictEqual((yield* push).outcome, "Pushed")
        assert.strictEqual((yield* push).outcome, "Unchanged")
        assert.strictEqual(Fs.readFileSync(Path.join(there, "dir/link"), "utf8"), text)
      }
      copies.missing.clear()
      Fs.rmSync((yield* Paths).remotes, { recursive: true })
      assert.strictEqual((yield* push).outcome, "Pushed")
      write(here, "real/file", "4")
      assert.strictEqual((yield* push).outcome, "Unchanged")
    }).pipe(Effect.provide(withFakes)))

  const failedWithoutTools = Effect.gen(function*() {
    const copies = yield* FileRunnerFake.FileRunnerTestRef
    write((yield* Homes).here, "a", "1")
    write((yield* Homes).here, "b", "1")
    yield* list("a", "b")
    copies.missing.set("rsync", "here").set("scp", "here")
    const { events, outcome } = yield* push
    assert.strictEqual(outcome, "Failed")
    return { copies, events }
  })

  it.live("without either every path fails in the log", () =>
    Effect.gen(function*() {
      const { events } = yield* failedWithoutTools
      assert.deepStrictEqual(events.map(({ event }) => event), [
        "sync_start",
        ...Array.from({ length: 4 }, () => "tool_missing"),
        "sync_path_failed",
        "sync_path_failed",
        "sync_done"
      ])
      assert.deepStrictEqual(yield* heard, [])
    }).pipe(Effect.provide(withFakes)))

  it.live("without either people hear why, and the next push tries again", () =>
    Effect.gen(function*() {
      const { copies } = yield* failedWithoutTools
      assert.deepStrictEqual((yield* heard).slice(1), [
        "sesh: failed to push 2 paths to web: there is no rsync here, and no scp either; install rsync"
      ])
      copies.missing.clear()
      assert.strictEqual((yield* push).outcome, "Pushed")
    }).pipe(Effect.provide(forPeople)))

  it.live("SESH_NO_SYNC=1 leaves all as it is, and 0 does not", () =>
    Effect.gen(function*() {
      write((yield* Homes).here, "a", "1")
      yield* list("a")
      const syncWith = (value: string) =>
        Effect.provide(
          Effect.flatMap(FileSync, (sync) => sync.push(web)),
          Layer.fresh(FileSyncLive.layer).pipe(
            Layer.provide(callerAt({ SESH_NO_SYNC: value, SESH_DIR: "", XDG_CONFIG_HOME: "", XDG_STATE_HOME: "" }))
          )
        )
      assert.strictEqual((yield* syncWith("1"))._tag, "Off")
      assert.strictEqual((yield* syncWith("0"))._tag, "Pushed")
    }).pipe(Effect.provide(withFakes)))

  it.live("what is remembered is private, and an invalid file is ignored", () =>
    Effect.gen(function*() {
      const { remotes } = yield* Paths
      write((yield* Homes).here, "a", "1")
      yield* list("a")
      yield* push
      const file = Path.join(remotes, "web.synced")
      assert.strictEqual(Fs.statSync(file).mode & 0o777, 0o600)
      assert.strictEqual(Fs.statSync(remotes).mode & 0o777, 0o700)
      for (const nonsense of ["", "{}", "sesh-synced 3\na\nb\n", "sesh-synced 2", "x".repeat(10_000)]) {
        Fs.writeFileSync(file, nonsense)
        assert.strictEqual((yield* push).outcome, "Pushed", nonsense.slice(0, 20))
        assert.strictEqual((yield* push).outcome, "Unchanged")
      }
      Fs.writeFileSync(Path.join(remotes, "contents"), "nonsense")
      Fs.rmSync(file)
      assert.strictEqual((yield* push).outcome, "Pushed")
    }).pipe(Effect.provide(withFakes)))

  it.live("where nothing can be remembered everything is pushed, and a line says so", () =>
    Effect.gen(function*() {
      const { remotes } = yield* Paths
      write((yield* Homes).here, "a", "1")
      yield* list("a")
      write(Path.dirname(remotes), "remotes", "a file in the way")
      assert.strictEqual((yield* push).outcome, "Pushed")
      assert.include((yield* heard).join("\n"), "cannot remember what was synced")
    }).pipe(Effect.provide(withFakes)))

  it.live("an interrupted push is logged as not done, and tried again", () =>
    Effect.gen(function*() {
      const copies = yield* FileRunnerFake.FileRunnerTestRef
      const { events } = yield* EventLogTestRef
      write((yield* Homes).here, "a", "1")
      yield* list("a")
      copies.before = Effect.never
      const pushing = yield* Effect.forkChild((yield* FileSync).push(web))
      yield* happens("the copy begins", () => events.length > 0)
      yield* Fiber.interrupt(pushing)
      assert.deepStrictEqual(events, [{ event: "sync_start", host: web }, { event: "sync_done", ok: false }])
      copies.before = Effect.void
      assert.strictEqual((yield* push).outcome, "Pushed")
    }).pipe(Effect.provide(withFakes)))

  it.effect("a push that waits too long for another sesh fails, and both the user and the log learn it", () =>
    Effect.gen(function*() {
      const { remotes } = yield* Paths
      const { events } = yield* EventLogTestRef
      write((yield* Homes).here, "a", "1")
      yield* list("a")
      Fs.mkdirSync(remotes, { recursive: true })
      yield* Effect.forkChild(withFileLock(Path.join(remotes, "web.lock"), 0)(Effect.never), { startImmediately: true })
      const pushing = yield* Effect.forkChild((yield* FileSync).push(web))
      while (pushing.pollUnsafe() === undefined) {
        yield* TestClock.adjust("10 seconds")
        yield* Effect.promise(() => new Promise((resolve) => setImmediate(resolve)))
      }
      assert.strictEqual((yield* Fiber.join(pushing))._tag, "Failed")
      const stderr = "another sesh is still syncing to web"
      assert.deepStrictEqual(events, [
        { event: "sync_start", host: web },
        { event: "sync_path_failed", path: "a", exit_code: -1, stderr },
        { event: "sync_done", ok: false }
      ])
      assert.deepStrictEqual(yield* heard, [])
    }).pipe(Effect.provide(withFakes)))

  it.live("people see how many bytes were sent, where there is no log", () =>
    Effect.gen(function*() {
      const { binThere, here } = yield* Homes
      const { now, texts } = yield* ProgressTestRef
      // Without packing, a file of this size takes several reads; each waits longer than a report.
      write(here, "a", randomBytes(2_000_000))
      write(binThere, "rsync", `#!/bin/sh\nsleep 0.3; PATH=\${PATH#*:}; exec rsync "$@"\n`, 0o755)
      yield* list("a")
      assert.strictEqual((yield* push).outcome, "Pushed")
      assert.match(texts[0]!, /^syncing to web: \d\.\d MB sent, of files of 2\.0 MB {2}\d+\.\d MB\/s$/)
      assert.deepStrictEqual(now(), [])
    }).pipe(Effect.provide(FileSyncLive.layer.pipe(Layer.provideMerge(fakeWay), Layer.provideMerge(said(false))))))

  it.live("what a host's sesh keeps elsewhere in its home is left alone", () =>
    Effect.gen(function*() {
      const { here, there } = yield* Homes
      const { known } = yield* HostMemoryFake.HostMemoryTestRef
      write(here, ".cache/a", "1")
      write(there, ".cache/sessions/live.sock", "a socket")
      write(there, ".cache/other", "1")
      known.set(web, { host: web, at: 0, sesh: "1.0.0", home: there, dir: `${there}/.cache/sessions`, sessions: [] })
      yield* list(".cache")
      assert.strictEqual((yield* push).outcome, "Pushed")
      assert.deepStrictEqual(Object.keys(picture(there)), [
        ".cache",
        ".cache/a",
        ".cache/sessions",
        ".cache/sessions/live.sock"
      ])
    }).pipe(Effect.provide(withFakes)))

  it.live("a file that changes while it is pushed is pushed again", () =>
    Effect.gen(function*() {
      const { here } = yield* Homes
      const copies = yield* FileRunnerFake.FileRunnerTestRef
      write(here, "a", "1")
      yield* list("a")
      copies.before = Effect.sync(() => write(here, "a", "2"))
      assert.strictEqual((yield* push).outcome, "Pushed")
      copies.before = Effect.void
      assert.strictEqual((yield* push).outcome, "Pushed")
      assert.strictEqual((yield* push).outcome, "Unchanged")
    }).pipe(Effect.provide(withFakes)))
})
