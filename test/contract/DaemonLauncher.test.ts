import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Schedule from "effect/Schedule"
import * as TestClock from "effect/testing/TestClock"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import type * as Net from "node:net"
import * as Path from "node:path"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as DaemonLauncherProcess from "../../src/layers/launcher/DaemonLauncherProcess.ts"
import { isZombie, readProcStat } from "../../src/layers/system/procStat.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as DaemonLauncherFake from "../../src/layers/testing/DaemonLauncherFake.ts"
import * as Network from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as PathsFake from "../../src/layers/testing/PathsFake.ts"
import * as PtyFake from "../../src/layers/testing/PtyFake.ts"
import * as ScrollbackFake from "../../src/layers/testing/ScrollbackFake.ts"
import * as SessionClientFake from "../../src/layers/testing/SessionClientFake.ts"
import * as SessionFilesFake from "../../src/layers/testing/SessionFilesFake.ts"
import * as SessionServerFake from "../../src/layers/testing/SessionServerFake.ts"
import * as QueryResponder from "../../src/layers/vt/QueryResponderLive.ts"
import { DaemonLauncher } from "../../src/services/DaemonLauncher.ts"
import { Paths } from "../../src/services/Paths.ts"
import { Home, machine } from "../fixtures/machine.ts"
import { end, question, specOf, suite, work } from "./DaemonLauncher.ts"
import { until } from "./SessionServer.ts"

const fake = DaemonLauncherFake.layer.pipe(
  Layer.provide(SessionDaemonLive.layer),
  Layer.provide(Layer.mergeAll(
    PtyFake.layer(),
    QueryResponder.layer,
    ScrollbackFake.layer,
    SessionFilesFake.layer,
    SessionServerFake.layer,
    CallerFake.layer(),
    PathsFake.layer()
  )),
  Layer.provideMerge(SessionClientFake.layer),
  Layer.provideMerge(Network.layer())
)

const program = [process.execPath, Path.join(import.meta.dirname, "../fixtures/daemon.ts")]

const real = (options?: DaemonLauncherProcess.DaemonLauncherOptions) =>
  DaemonLauncherProcess.layer({ program, ...options }).pipe(Layer.provideMerge(machine))

/** The environment of somebody whose home is the test's. */
const env = Effect.map(Home, ({ path }) => ({
  SHELL: "/bin/sh",
  HOME: path,
  PATH: process.env["PATH"] ?? "",
  UMLAUT: "grüße\nzwei"
}))

suite("DaemonLauncherFake", fake, Effect.succeed({ SHELL: "/bin/sh" }))
suite("DaemonLauncherProcess", real(), env)

const launchAs = (...command: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { launch } = yield* DaemonLauncher
    return yield* launch(specOf({ command, env: yield* env }))
  })

describe("DaemonLauncherProcess", () => {
  it.live(
    "the daemon gets the whole spec, its environment as its own, and a session of its own",
    () =>
      Effect.gen(function*() {
        yield* launchAs("stay", "two words")
        const { info } = (yield* question).welcome
        assert.deepStrictEqual(JSON.parse(info.title!), specOf({ command: ["stay", "two words"], env: yield* env }))
        // Its process group and its session are named after it, and it has no terminal.
        assert.deepInclude(readProcStat(info.pid), { group: info.pid, session: info.pid, terminal: 0 })
        assert.strictEqual(Fs.readlinkSync(`/proc/${info.pid}/cwd`), "/")
        yield* end
      }).pipe(Effect.scoped, Effect.provide(real())),
    30_000
  )

  it.live("a daemon that dies is a LaunchError with its last words", () =>
    Effect.gen(function*() {
      const { log } = (yield* Paths).session(work)
      Fs.mkdirSync(Path.dirname(log), { recursive: true })
      Fs.writeFileSync(log, "words of another day\n")
      const error = yield* Effect.flip(launchAs("die"))
      assert.strictEqual(
        error.message,
        `cannot start session work: its process ended with status 3; the end of ${log}:\nfirst words\nlast words`
      )
      const starved = yield* Effect.flip(launchAs("starve"))
      assert.strictEqual(starved.message, "cannot start session work: no more threads")
      const crash = yield* Effect.flip(launchAs("crash"))
      assert.strictEqual(crash.message, "cannot start session work: its process was ended by SIGKILL")
    }).pipe(Effect.provide(real())), 30_000)

  it.live("a daemon that says something else is given up", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(launchAs("babble"))).message, "does not say what this sesh understands")
    }).pipe(Effect.provide(real())), 30_000)

  it.live("one that says nothing is given up", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(launchAs("hang"))).message, "was not ready in 0.1 s")
    }).pipe(Effect.provide(real({ timeoutMs: 100 }))), 30_000)

  // The launcher's time is the test's: the daemon has begun when it is over, however busy the machine is.
  it.live(
    "one that hears no signal when it is given up is killed: no half-made session stays",
    () =>
      Effect.gen(function*() {
        const { path } = yield* Home
        const file = Path.join(path, "pid")
        const launching = yield* Effect.forkChild(Effect.flip(launchAs("deaf", file)))
        const said = () => Fs.existsSync(file) ? Fs.readFileSync(file, "utf8") : ""
        yield* until("it has begun", () => said() !== "", 30_000)
        const pid = Number(said())
        yield* TestClock.adjust("30 seconds")
        assert.include((yield* Fiber.join(launching)).message, "was not ready in 30 s")
        const stat = readProcStat(pid)
        assert.isTrue(stat === undefined || isZombie(stat))
      }).pipe(Effect.provide(Layer.merge(real(), TestClock.layer({ warningDelay: "1 minute" })))),
    30_000
  )

  it.live("a program that is not there is a LaunchError", () =>
    Effect.gen(function*() {
      assert.include((yield* Effect.flip(launchAs())).message, "ENOENT")
    }).pipe(Effect.provide(real({ program: ["/nowhere/sesh"] }))))

  it.live("an environment that cannot be handed on is a LaunchError", () =>
    Effect.gen(function*() {
      const { launch } = yield* DaemonLauncher
      const error = yield* Effect.flip(launch(specOf({ env: { BAD: "a\0b" } })))
      assert.strictEqual(error._tag, "LaunchError")
    }).pipe(Effect.provide(real())))

  it.live("where logind would kill it, it is started in a scope of the user's manager", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const systemdRun = Path.join(path, "systemd-run")
      const script =
        `#!/bin/sh\necho "$@" > ${path}/arguments\nwhile [ "$1" != -- ]; do shift; done\nshift\nexec "$@"\n`
      Fs.writeFileSync(systemdRun, script, { mode: 0o700 })
      const { launch } = yield* DaemonLauncher.pipe(Effect.provide(real({ plan: () => ({ systemdRun }) })))
      const launched = yield* launch(specOf({ env: yield* env }))
      assert.isUndefined(launched.warning)
      assert.strictEqual(
        Fs.readFileSync(`${path}/arguments`, "utf8"),
        `--user --scope --quiet --collect -- ${program.join(" ")} --daemon work\n`
      )
      yield* end
    }).pipe(Effect.scoped, Effect.provide(real())), 30_000)

  it.live(
    "where that fails it is started all the same, and the user told, once in a login",
    () =>
      Effect.gen(function*() {
        const { path } = yield* Home
        let login = "login 1"
        const plan = () => ({ systemdRun: "/bin/false", login })
        const warned: Array<boolean> = []
        for (const next of ["login 1", "login 1", "login 2"]) {
          login = next
          const { launch } = yield* DaemonLauncher.pipe(Effect.provide(real({ plan })))
          const { warning } = yield* launch(specOf({ env: { ...(yield* env), XDG_RUNTIME_DIR: path } }))
          warned.push(warning?.includes("will end when you log out") ?? false)
          yield* end
        }
        assert.deepStrictEqual(warned, [true, false, true])
      }).pipe(Effect.scoped, Effect.provide(real())),
    30_000
  )

  it.live("a log that cannot be written keeps nobody from starting", () =>
    Effect.gen(function*() {
      Fs.writeFileSync(Path.join((yield* Home).path, ".local"), "")
      yield* launchAs()
      yield* end
    }).pipe(Effect.provide(real())), 30_000)
})

/** A launcher in a process of its own, which inherits a pipe of this test as descriptor 63, like a shell's `>(...)`. */
const launcher = (home: string, command: string) => {
  const script = Path.join(import.meta.dirname, "../fixtures/launcher.ts")
  const started = ["-c", "exec \"$@\" 63>&3 3>&-", "bash", process.execPath, script, command]
  return ChildProcess.spawn("bash", started, {
    env: { PATH: process.env["PATH"], HOME: home, SHELL: "/bin/sh" },
    stdio: ["ignore", "pipe", "inherit", "pipe"]
  })
}

describe.skipIf(process.platform !== "linux")("DaemonLauncherProcess, from another process", () => {
  it.live("nothing that the launcher inherited lives on in the daemon", () =>
    Effect.gen(function*() {
      const child = launcher((yield* Home).path, "stay")
      const pipe = child.stdio[3] as Net.Socket
      yield* until("the launcher has ended", () => child.exitCode === 0, 30_000)
      yield* until("nobody holds its pipe", () => pipe.resume().destroyed)
      const { foreground } = (yield* question).welcome.info
      // What was not there for Node itself: what it runs from, its own pipes, and the lock.
      const strange = foreground!.split("\n").filter((line) =>
        !/^[012] |anon_inode:|pipe:|socket:|\.lock| \/proc/.test(line)
      )
      assert.deepStrictEqual(strange, [])
      yield* end
    }).pipe(Effect.scoped, Effect.provide(real())), 40_000)

  it.live("a launcher that is killed meanwhile does not take the daemon along", () =>
    Effect.gen(function*() {
      const home = (yield* Home).path
      const child = launcher(home, "slow")
      yield* until("it has started the daemon", () => Fs.existsSync(Path.join(home, "begun")), 30_000)
      child.kill("SIGKILL")
      yield* until("it is gone", () => child.signalCode === "SIGKILL")
      Fs.writeFileSync(Path.join(home, "go on"), "")
      // Refused until it listens.
      yield* Effect.retry(
        Effect.scoped(question),
        Schedule.spaced("20 millis").pipe(Schedule.upTo({ duration: "20 seconds" }))
      )
      yield* end
    }).pipe(Effect.scoped, Effect.provide(real())), 40_000)
})
