import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { procProcesses } from "../../../src/layers/pty/procProcesses.ts"
import * as PtyNode from "../../../src/layers/pty/PtyNode.ts"
import { isZombie, readProcStat } from "../../../src/layers/system/procStat.ts"
import type { Foreground, Pty } from "../../../src/services/Pty.ts"
import {
  foregroundOf,
  hasEnded,
  hear,
  type Heard,
  isReady,
  outputOf,
  run,
  sh,
  sha256,
  spawn
} from "../../contract/Pty.ts"
import { until } from "../../contract/SessionServer.ts"
import { describeWith } from "../../support/needs.ts"
import { byProcessTools, PROCESS_NEEDS } from "../../support/processTools.ts"

const isAlive = (pid: number): boolean => {
  const stat = readProcStat(pid)
  return stat !== undefined && !isZombie(stat)
}

/** The pids that a script prints as `pid <n>`. */
const pidsIn = (heard: Heard): Array<number> =>
  [...heard.text().matchAll(/pid (\d+)/g)].map((match) => Number(match[1]))

const descriptors = () => Fs.readdirSync("/proc/self/fd").length

describe("PtyNode", () => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(PtyNode.layer)), 30_000)

  test(
    "10 MB for a program that is slow to read: all arrives, and we neither block nor spin",
    Effect.gen(function*() {
      const bytes = Buffer.alloc(10_000_000, "\x00\n\r\x03\x04\x11\x13\x1a\xff-line-", "latin1")
      const program = yield* spawn(run("hash", String(bytes.length)))
      const heard = hear(program)
      yield* isReady(heard)
      let ticks = 0
      const clock = setInterval(() => ticks++, 10)
      assert.isFalse(program.write(bytes))
      // A writer that blocks would never tick: the program reads only after SIGCONT.
      yield* until("it has tried at once, and waits", () => ticks > 20)
      const [begin, before] = [performance.now(), process.cpuUsage()]
      yield* until("it has waited", () => ticks > 100)
      const { system, user } = process.cpuUsage(before)
      assert.isBelow((user + system) / 1000 / (performance.now() - begin), 0.5, "share of a processor, waiting")
      program.signal("SIGCONT")
      yield* hasEnded(heard)
      clearInterval(clock)
      assert.include(heard.text(), sha256(bytes))
    })
  )

  test(
    "a background process that outlives its shell does not hold up the end, and lives on",
    Effect.gen(function*() {
      const heard = hear(yield* spawn(sh("trap '' HUP; sleep 1000 & echo pid $!; exit 3")))
      yield* hasEnded(heard)
      assert.deepStrictEqual(heard.exits, [{ code: 3 }])
      const [pid] = pidsIn(heard)
      assert.isTrue(isAlive(pid!))
      process.kill(pid!, "SIGKILL")
    })
  )

  test(
    "a program that closes its terminal still runs, and may come back to it",
    Effect.gen(function*() {
      const text = yield* outputOf(sh("exec <&- >&- 2>&-; sleep 0.3; echo back >/dev/tty; exit 0"))
      assert.strictEqual(text, "back\r\n")
    })
  )

  test(
    "a hang-up reaches jobs in groups of their own, also stopped ones",
    Effect.gen(function*() {
      const job = "trap '' TERM; sh -c 'while :; do sleep 0.02; done' & echo pid $!;"
      const program = yield* spawn(sh(`set -m; ${job} ${job} kill -STOP $!; printf ready; wait; wait`))
      const heard = hear(program)
      yield* isReady(heard)
      const jobs = pidsIn(heard)
      assert.isTrue(jobs.length === 2 && jobs.every(isAlive))
      program.signal("SIGHUP")
      yield* hasEnded(heard)
      yield* until("the jobs are gone", () => !jobs.some(isAlive))
    })
  )

  test(
    "closing the scope leaves no process and no descriptor behind",
    Effect.gen(function*() {
      yield* Effect.scoped(outputOf(run("say", "first", "0")))
      const before = descriptors()
      const scope = yield* Scope.make()
      const deaf = "trap '' HUP TERM; while :; do sleep 0.02; done"
      const program = yield* Scope.provide(
        spawn(sh(`set -m; sh -c "${deaf}" & echo pid $!; printf ready; ${deaf}`)),
        scope
      )
      const heard = hear(program)
      yield* isReady(heard)
      const processes = [program.pid, ...pidsIn(heard)]
      assert.isTrue(processes.length === 2 && processes.every(isAlive))
      yield* Scope.close(scope, Exit.void)
      assert.isFalse(processes.some(isAlive))
      assert.isFalse(Fs.existsSync(`/proc/${program.pid}`))
      for (let i = 0; i < 5; i++) yield* Effect.scoped(outputOf(run("say", "again", "0")))
      yield* until("descriptors are closed", () => descriptors() <= before)
    })
  )

  test(
    "a program sees its terminal and none of our own descriptors",
    Effect.gen(function*() {
      const open = yield* outputOf(sh("for fd in 0 1 2; do readlink /proc/$$/fd/$fd; done; readlink /proc/$$/fd/*"))
      const [input, output, errors, ...all] = open.trim().split("\r\n")
      assert.match(input!, /^\/dev\/pts\//)
      assert.deepStrictEqual([output, errors], [input, input])
      // Descriptors that this process has from its own parent are not ours to close.
      assert.deepStrictEqual(all.filter((target) => /ptmx|socket:|anon_inode:/.test(target)), [])
    })
  )

  test(
    "the terminal erases characters, whatever the locale is",
    Effect.gen(function*() {
      assert.match(yield* outputOf(sh("stty -a", { LANG: "C.UTF-8" })), /[^-]iutf8/)
      assert.match(yield* outputOf(sh("stty -a", { LANG: "C.UTF-8", LC_ALL: "C" })), /[^-]iutf8/)
    })
  )

  test(
    "a command is found on the PATH it was given, or where the system has its own",
    Effect.gen(function*() {
      const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(dir, { recursive: true })))
      Fs.writeFileSync(Path.join(dir, "hi"), "#!/bin/sh\necho hi there\n", { mode: 0o755 })
      Fs.writeFileSync(Path.join(dir, "lost"), "#!/no/such/interpreter\n", { mode: 0o755 })
      const spec = { ...run("say"), args: [] }
      assert.strictEqual(yield* outputOf({ ...spec, file: "hi", env: { PATH: `/nowhere:${dir}` } }), "hi there\r\n")
      assert.strictEqual(yield* outputOf({ ...spec, file: "./hi", cwd: dir, env: {} }), "hi there\r\n")
      assert.strictEqual(yield* outputOf({ ...spec, file: "echo", args: ["x"], env: { PATH: "" } }), "x\r\n")
      assert.strictEqual(yield* outputOf({ ...spec, file: "echo", args: ["x"], env: {} }), "x\r\n")
      const lost = yield* Effect.flip(spawn({ ...spec, file: `${dir}/lost` }))
      assert.strictEqual(lost.problem, `its interpreter "/no/such/interpreter" does not exist`)
      const nul = yield* Effect.flip(spawn({ ...spec, args: ["a\0b"] }))
      assert.include(nul.problem, "NUL")
    })
  )
})

const suite = (layer: Layer.Layer<Pty>) => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 30_000)

  test(
    "the foreground is the job, also when the first of a pipeline has ended",
    Effect.gen(function*() {
      for (const job of ["sleep 30", "true | sleep 30"]) {
        const program = yield* spawn(sh(`set -m; cd /usr; printf ready; ${job}; :`))
        const heard = hear(program)
        yield* isReady(heard)
        let now: Foreground = {}
        yield* until("the job is in the foreground", () => {
          program.foreground((told) => now = told)
          return now.command === "sleep 30"
        })
        assert.deepStrictEqual(now, { command: "sleep 30", cwd: "/usr" })
      }
    })
  )

  test(
    "the directory of the foreground has the user's name for it, and none once it was removed",
    Effect.gen(function*() {
      const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(dir, { recursive: true })))
      Fs.mkdirSync(Path.join(dir, "real/sub"), { recursive: true })
      Fs.symlinkSync("real", Path.join(dir, "link"))
      const cwd = Effect.fnUntraced(function*(script: string) {
        const program = yield* spawn({ ...sh(`${script}; printf ready; read line`), cwd: `${dir}/link` })
        yield* isReady(hear(program))
        return (yield* foregroundOf(program)).cwd
      })
      assert.strictEqual(yield* cwd(":"), `${dir}/link`)
      assert.strictEqual(yield* cwd("cd sub"), `${dir}/link/sub`)
      assert.strictEqual(yield* cwd("cd /usr"), "/usr")
      assert.isUndefined(yield* cwd("mkdir gone; cd gone; rmdir ../gone"))
    })
  )

  test(
    "closing the scope ends those that outlive the hang-up and their shell, and no other terminal's",
    Effect.gen(function*() {
      const other = yield* spawn(sh("printf ready; sleep 1000"))
      yield* isReady(hear(other))
      const scope = yield* Scope.make()
      const job = `sh -c 'trap "" HUP; echo pid $$; exec sleep 1000' &`
      const heard = hear(yield* Scope.provide(spawn(sh(`set -m; ${job} ${job} wait`)), scope))
      yield* until("both jobs are deaf", () => pidsIn(heard).length === 2)
      const jobs = pidsIn(heard)
      assert.isTrue(jobs.every(isAlive))
      yield* Scope.close(scope, Exit.void)
      assert.deepStrictEqual(jobs.filter(isAlive), [])
      assert.isTrue(isAlive(other.pid))
    })
  )
}

describe("a system that takes its time to tell the foreground", () => {
  const answers: Array<() => void> = []
  const slow = PtyNode.makeLayer((terminal) => ({
    ...procProcesses(terminal),
    foreground: (then) => answers.push(() => then({ command: "vim" }))
  }))

  it.live("is not believed once the program has ended", () =>
    Effect.gen(function*() {
      const program = yield* spawn(run("deaf"))
      const heard = hear(program)
      yield* isReady(heard)
      const told: Array<Foreground> = []
      for (let asked = 0; asked < 2; asked++) program.foreground((now) => told.push(now))
      answers[0]!()
      program.signal("SIGKILL")
      yield* hasEnded(heard)
      answers[1]!()
      assert.deepStrictEqual(told, [{ command: "vim" }, {}])
    }).pipe(Effect.scoped, Effect.provide(slow)))
})

describe("the processes of a terminal, by /proc", () => suite(PtyNode.makeLayer(procProcesses)))
describeWith(PROCESS_NEEDS, "the processes of a terminal, by ps and lsof", () => suite(byProcessTools))
