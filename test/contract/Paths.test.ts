import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as PathsXdg from "../../src/layers/paths/PathsXdg.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as OperatingSystemFake from "../../src/layers/testing/OperatingSystemFake.ts"
import * as PathsFake from "../../src/layers/testing/PathsFake.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { socketPathLimit } from "../../src/schema/SocketPath.ts"
import type { OperatingSystem } from "../../src/services/OperatingSystem.ts"
import { Paths, PathsError } from "../../src/services/Paths.ts"
import { caller, Home, home } from "../fixtures/machine.ts"
import { suite } from "./Paths.ts"

const real = (env: Record<string, string> = {}) =>
  PathsXdg.layer.pipe(Layer.provide(caller(env)), Layer.provideMerge(home))

suite("PathsFake", PathsFake.layer(), (dir) => PathsFake.layer({ dir }), socketPathLimit("linux"))
suite("PathsXdg", real(), (dir) => real({ SESH_DIR: dir }))

/** Paths in a home that a test has prepared. */
const paths = (given: Parameters<typeof CallerFake.layer>[0], system?: Partial<OperatingSystem["Service"]>) =>
  Paths.pipe(Effect.provide(Layer.provide(
    PathsXdg.layer,
    [
      CallerFake.layer(given),
      OperatingSystemFake.layer({ uid: process.getuid?.() ?? 0, platform: process.platform, ...system })
    ]
  )))

const inHome = <A>(test: (home: string) => Effect.Effect<A, unknown, never>) =>
  Effect.flatMap(Home, ({ path }) => test(path)).pipe(Effect.provide(home))

/** Both refuse, with the same words, and change nothing. */
const refused = Effect.fnUntraced(function*(service: Paths["Service"]) {
  const parent = Path.dirname(service.dir)
  const entries = () => Fs.existsSync(parent) && Fs.statSync(parent).isDirectory() ? Fs.readdirSync(parent) : []
  const before = entries()
  const error = yield* Effect.flip(service.ensure)
  assert.deepStrictEqual(entries(), before)
  return error
})

describe("PathsXdg", () => {
  it.effect("a place whose name is not UTF-8 is refused, and no other made instead", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const place = `${path}/caf\udce9`
        for (
          const [given, advice] of [
            [{ home: path, env: { SESH_DIR: place } }, "SESH_DIR"],
            [{ home: place, env: {} }, "SESH_DIR"],
            [{ home: place, env: { SESH_DIR: `${path}/s` } }, "XDG_STATE_HOME"]
          ] as const
        ) {
          const error = yield* Effect.flip((yield* paths(given)).ensure)
          assert.include(error.message, `is not UTF-8; set ${advice} to another place`)
        }
        assert.deepStrictEqual(Fs.readdirSync(path), [])
        const env = { SESH_DIR: `${path}/s`, XDG_STATE_HOME: path }
        assert.isTrue(yield* (yield* paths({ home: place, env })).ensure.pipe(Effect.as(true)))
      })
    ))

  it.effect("the directory is ~/.sesh, made 0700 whatever the umask; state is in ~/.local/state/sesh", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const umask = process.umask(0o777)
        yield* Effect.addFinalizer(() => Effect.sync(() => process.umask(umask)))
        const service = yield* paths({ home: path, env: {} })
        assert.strictEqual(service.dir, `${path}/.sesh`)
        assert.strictEqual(service.session("a" as SessionName).log, `${path}/.local/state/sesh/log/a.log`)
        assert.isFalse(yield* service.check)
        assert.deepStrictEqual(Fs.readdirSync(path), [])
        yield* service.ensure
        assert.strictEqual(Fs.statSync(service.dir).mode & 0o7777, 0o700)
      }).pipe(Effect.scoped)
    ))

  it.effect("SESH_DIR and XDG_STATE_HOME move them; a relative XDG_STATE_HOME is ignored", () =>
    Effect.gen(function*() {
      const moved = yield* paths({ home: "/h", env: { SESH_DIR: "/s/d/", XDG_STATE_HOME: "/x" } })
      assert.deepStrictEqual([moved.dir, moved.session("a" as SessionName).log], ["/s/d", "/x/sesh/log/a.log"])
      const ignored = yield* paths({ home: "/h", env: { SESH_DIR: "", XDG_STATE_HOME: "x" } })
      assert.deepStrictEqual([ignored.dir, ignored.session("a" as SessionName).log], [
        "/h/.sesh",
        "/h/.local/state/sesh/log/a.log"
      ])
    }))

  it.effect("a relative HOME is refused: it would be another one in each directory", () =>
    Effect.gen(function*() {
      const error = yield* refused(yield* paths({ home: "here", env: { SESH_DIR: "/no/such" } }))
      assert.include(error.message, "here is not an absolute path; set HOME to one that begins with")
    }))

  it.effect("a relative SESH_DIR is refused", () =>
    Effect.gen(function*() {
      const error = yield* refused(yield* paths({ env: { SESH_DIR: "here" } }))
      assert.include(error.message, "here is not an absolute path; set SESH_DIR")
    }))

  it.effect("a directory that others can write to is refused, and stays as it is", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const service = yield* paths({ home: path })
        for (const mode of [0o777, 0o720, 0o1777]) {
          Fs.mkdirSync(service.dir, { recursive: true })
          Fs.chmodSync(service.dir, mode)
          const error = yield* refused(service)
          assert.include(
            error.message,
            `is writable by others (mode ${mode.toString(8)}); run: chmod 700 ${service.dir}`
          )
          assert.deepStrictEqual(yield* Effect.flip(service.check), error)
        }
        Fs.chmodSync(service.dir, 0o755)
        yield* service.ensure
      })
    ))

  it.effect("somebody else's directory is refused", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const service = yield* paths({ home: path }, { uid: (process.getuid?.() ?? 0) + 1 })
        Fs.mkdirSync(service.dir, { mode: 0o700 })
        assert.include((yield* refused(service)).message, "belongs to someone else")
      })
    ))

  it.effect("what is not a directory is refused", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const service = yield* paths({ home: path })
        Fs.writeFileSync(service.dir, "")
        assert.include((yield* refused(service)).message, "is not a directory")
      })
    ))

  it.effect("a parent that is missing, or is a file, is said; nothing is made", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const missing = yield* refused(yield* paths({ env: { SESH_DIR: `${path}/a/b` } }))
        assert.include(missing.message, `cannot be made: ${path}/a is not there`)
        Fs.writeFileSync(`${path}/a`, "")
        const file = yield* refused(yield* paths({ env: { SESH_DIR: `${path}/a/b` } }))
        assert.include(file.message, "SESH_DIR")
      })
    ))

  it.effect("a place where nothing can be made is said", () =>
    Effect.gen(function*() {
      // The kernel's own file system takes no directories from anybody, not even from root.
      const service = yield* paths({ env: { SESH_DIR: process.platform === "linux" ? "/proc/sesh" : "/dev/fd/sesh" } })
      const error = yield* Effect.flip(service.ensure)
      assert.include(error.message, "cannot be made")
    }))

  it.effect("a link to a good directory is fine, one to nowhere is not", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const service = yield* paths({ home: path })
        Fs.symlinkSync(`${path}/real`, service.dir)
        assert.include((yield* refused(service)).message, "is a link to a place that is not there")
        Fs.mkdirSync(`${path}/real`, { mode: 0o700 })
        yield* service.ensure
        Fs.chmodSync(`${path}/real`, 0o777)
        assert.include((yield* refused(service)).message, "is writable by others")
      })
    ))

  // Root may do everything, whatever the mode: so the test asks as nobody, in a process of its own.
  it.live("a directory that its owner cannot write to is refused", () =>
    inHome((path) =>
      Effect.gen(function*() {
        const service = yield* paths({ home: path })
        Fs.mkdirSync(service.dir)
        const nobody = 65_534
        const asRoot = process.getuid?.() === 0
        if (asRoot) { for (const place of [path, service.dir]) Fs.chownSync(place, nobody, nobody) }
        Fs.chmodSync(service.dir, 0o500)
        const script = Path.join(import.meta.dirname, "../fixtures/ensure.ts")
        const child = ChildProcess.spawnSync(process.execPath, [script], {
          env: { HOME: path, ...(asRoot ? { AS_USER: String(nobody) } : {}) },
          encoding: "utf8"
        })
        assert.strictEqual(
          child.stdout,
          `${service.dir} cannot be used by its owner (mode 500); run: chmod 700 ${service.dir}\n`
        )
      })
    ))

  it.effect("a socket path is as long as the system takes, in bytes, and says so when it is longer", () =>
    Effect.gen(function*() {
      for (const [platform, limit] of [["linux", 107], ["darwin", 103]] as const) {
        // Two bytes a character.
        const dir = `/${"ü".repeat((limit - 1 - "/".length - "ab.sock".length) / 2)}`
        const service = yield* paths({ env: { SESH_DIR: dir } }, { platform })
        const room = limit - Buffer.byteLength(`${dir}/.sock`)
        yield* service.checkSocketPath("a".repeat(room) as SessionName)
        const error = yield* Effect.flip(service.checkSocketPath("a".repeat(room + 1) as SessionName))
        assert.include(error.message, `${limit + 1} bytes, ${limit} is the most; take a shorter name`)
      }
    }))

  it.effect("the errors are PathsErrors, with the path", () =>
    Effect.gen(function*() {
      const error = yield* Effect.flip((yield* paths({ env: { SESH_DIR: "here" } })).check)
      assert.instanceOf(error, PathsError)
      assert.strictEqual(error.path, "here")
    }))
})
