import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as TestClock from "effect/testing/TestClock"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { vi } from "vitest"
import * as LockSqlite from "../../src/layers/paths/LockSqlite.ts"
import * as PathsXdg from "../../src/layers/paths/PathsXdg.ts"
import * as LockFake from "../../src/layers/testing/LockFake.ts"
import { Lock } from "../../src/services/Lock.ts"
import { Paths } from "../../src/services/Paths.ts"
import { caller, home } from "../fixtures/machine.ts"
import { DAY_MS, withSetClock } from "../support/clock.ts"
import { suite } from "./Lock.ts"
import { until } from "./SessionServer.ts"

const paths = PathsXdg.layer.pipe(Layer.provide(caller()), Layer.provideMerge(home))

const real = LockSqlite.layer.pipe(
  Layer.provideMerge(
    Layer.tap(paths, (context) => Effect.provideContext(Effect.flatMap(Paths, (p) => p.ensure), context))
  )
)

suite("LockFake", LockFake.layer)
suite("LockSqlite", Layer.orDie(real))

/** Another process that holds the lock until it is killed. */
const holder = Effect.flatMap(Paths, ({ dir }) =>
  Effect.acquireRelease(
    Effect.gen(function*() {
      const script = Path.join(import.meta.dirname, "../fixtures/holder.ts")
      const child = ChildProcess.spawn(process.execPath, [script], {
        env: { ...process.env, SESH_DIR: dir },
        stdio: ["ignore", "pipe", "inherit"]
      })
      let said = ""
      child.stdout.on("data", (bytes) => said += bytes)
      yield* until("it holds the lock", () => said === "held\n", 30_000)
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  ))

/** One that holds the lock for good, and one that has waited for it for longer than anybody does. */
const waitsInVain = Effect.fnUntraced(function*(meanwhile: () => void = () => {}) {
  const { withLock } = yield* Lock
  const first = yield* Effect.forkChild(withLock(Effect.never))
  yield* Effect.yieldNow
  const second = yield* Effect.forkChild(Effect.flip(withLock(Effect.void)))
  yield* Effect.yieldNow
  meanwhile()
  for (let i = 0; i < 12; i++) yield* TestClock.adjust("1 second")
  return { first, second }
})

describe("LockSqlite", () => {
  it.live("another process waits, and gets the lock once its holder is killed", () =>
    Effect.gen(function*() {
      const { withLock } = yield* Lock
      const other = yield* holder
      let got = false
      const waiter = yield* Effect.forkChild(withLock(Effect.sync(() => got = true)))
      // It prints nothing while it waits: long enough for more than one try.
      yield* Effect.sleep(200)
      assert.isFalse(got)
      other.kill("SIGKILL")
      yield* Fiber.join(waiter)
      assert.isTrue(got)
    }).pipe(Effect.provide(real)), 40_000)

  it.effect("a caller that waits for ten seconds fails, and the message says how long the lock was held", () =>
    Effect.gen(function*() {
      const { first, second } = yield* waitsInVain()
      const error = yield* Fiber.join(second)
      assert.include(error.message, "held it for 10 s")
      yield* Fiber.interrupt(first)
    }).pipe(Effect.provide(real)))

  it.effect("a caller waits for ten seconds also when the system's clock is set back meanwhile", () =>
    withSetClock((set) =>
      Effect.gen(function*() {
        const { first, second } = yield* waitsInVain(() => set(-DAY_MS))
        assert.isDefined(second.pollUnsafe())
        yield* Fiber.interrupt(first)
      })
    ).pipe(Effect.provide(real)))

  it.effect("a file system that refuses all locks, which SQLite takes for another holder, is told apart", () =>
    Effect.gen(function*() {
      const { lock } = yield* Paths
      const DatabaseSync = class {
        exec = () => {
          throw Object.assign(new Error("database is locked"), { errcode: 5 })
        }
        close = () => {}
      }
      const spy = vi.spyOn(process, "getBuiltinModule").mockImplementation((() => ({ DatabaseSync })) as never)
      yield* Effect.addFinalizer(() => Effect.sync(() => spy.mockRestore()))
      const failed = yield* Effect.forkChild(Effect.flip((yield* Lock).withLock(Effect.void)))
      yield* Effect.yieldNow
      for (let i = 0; i < 12; i++) yield* TestClock.adjust("1 second")
      const { message } = yield* Fiber.join(failed)
      assert.match(message, /: the file system takes no locks; set SESH_DIR to a directory on another one$/)
      assert.deepStrictEqual(Fs.readdirSync(Path.dirname(lock)), [Path.basename(lock)])
    }).pipe(Effect.scoped, Effect.provide(real)))

  it.live("its file is private and stays empty", () =>
    Effect.gen(function*() {
      const { lock } = yield* Paths
      yield* (yield* Lock).withLock(Effect.void)
      const { mode, size } = Fs.statSync(lock)
      assert.deepStrictEqual([mode & 0o777, size], [0o600, 0])
    }).pipe(Effect.provide(real)))

  it.live("a file that cannot be locked is an error that says what to do", () =>
    Effect.gen(function*() {
      const { lock } = yield* Paths
      const { withLock } = yield* Lock
      const said = Effect.map(Effect.flip(withLock(Effect.void)), ({ message }) => message)
      Fs.writeFileSync(lock, "not a database, and longer than its header is".repeat(20))
      assert.strictEqual(yield* said, `cannot lock ${lock}: there is something else in it; move it away`)
      Fs.rmSync(lock)
      Fs.mkdirSync(lock)
      assert.strictEqual(yield* said, `cannot lock ${lock}: it is not a file; move it away`)
    }).pipe(Effect.provide(real)))

  it.live("a file that cannot be locked is an error that names it", () =>
    Effect.gen(function*() {
      const { lock } = yield* Paths
      Fs.mkdirSync(lock)
      const error = yield* Effect.flip((yield* Lock).withLock(Effect.void))
      assert.include(error.message, `cannot lock ${lock}: `)
    }).pipe(Effect.provide(real)))
})
