import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { spawn, spawnSync, type StdioOptions } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as PtyNode from "../../../src/layers/pty/PtyNode.ts"
import { readProcStat } from "../../../src/layers/system/procStat.ts"
import { Pty } from "../../../src/services/Pty.ts"
import { hear } from "../../contract/Pty.ts"
import { until } from "../../contract/SessionServer.ts"
import { allBytes } from "../../fixtures/bytes.ts"

const fixture = Path.join(import.meta.dirname, "../../fixtures/terminal.ts")

/** The events that a program writes to a file. */
const report = Effect.gen(function*() {
  const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
  yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(dir, { recursive: true })))
  const file = Path.join(dir, "report")
  Fs.writeFileSync(file, "")
  const events = () => Fs.readFileSync(file, "utf8").trimEnd().split("\n")
  return {
    file,
    events,
    has: (event: string) => until(`it says ${event}`, () => events().some((line) => line.startsWith(event)), 10_000)
  }
})

/** The program on a terminal, below a shell that waits for it, then prints a line and waits as well. */
const onTerminal = (end: string, redirect = "") =>
  Effect.gen(function*() {
    const { events, file, has } = yield* report
    const pty = yield* Pty
    const script = `stty ixany igncr; printf ready; read go; "$0" "$@" ${redirect}; printf over; read go`
    const program = yield* pty.spawn({
      file: "/bin/sh",
      args: ["-c", script, process.execPath, fixture, file, end],
      env: { PATH: "/usr/bin:/bin" },
      cwd: "/",
      size: { cols: 80, rows: 24 }
    })
    const heard = hear(program)
    yield* until("the shell is ready", () => heard.text().includes("ready"))
    const device = Fs.readlinkSync(`/proc/${program.pid}/fd/0`)
    const stty = (...modes: Array<string>) =>
      spawnSync("/bin/sh", ["-c", `stty "$@" <"$0"`, device, ...modes]).stdout.toString()
    const before = stty("-g")
    program.write(Buffer.from("\n"))
    yield* has("open")
    return {
      program,
      heard,
      events,
      has,
      stty,
      pid: Number(/^open (\d+)$/m.exec(events().join("\n"))![1]),
      isAsBefore: () => stty("-g") === before,
      isRaw: () => /-icrnl/.test(stty("-a")) && /-opost/.test(stty("-a")) && /-icanon/.test(stty("-a"))
    }
  })

const stateOf = (pid: number) => readProcStat(pid)?.state

const type = (keys: string) => Buffer.from(keys)

describe("TtyNode", () => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(PtyNode.layer)), 30_000)

  for (const end of ["close", "exit", "throw"]) {
    test(
      `the terminal is as it was before when the program ends by "${end}"`,
      Effect.gen(function*() {
        const { heard, isAsBefore, isRaw, program } = yield* onTerminal(end)
        assert.isTrue(isRaw())
        program.write(type("q"))
        yield* until("the program is over", () => heard.text().includes("over"))
        assert.isTrue(isAsBefore())
        assert.isTrue(heard.bytes().includes(allBytes), "every byte was shown as it is")
      })
    )
  }

  test(
    "a signal to end restores the terminal",
    Effect.gen(function*() {
      for (const signal of ["SIGTERM", "SIGINT", "SIGHUP"] as const) {
        const { has, heard, isAsBefore, pid } = yield* onTerminal("close")
        process.kill(pid, signal)
        yield* has(`signal ${signal}`)
        yield* until("the program is over", () => heard.text().includes("over"))
        assert.isTrue(isAsBefore())
      }
    })
  )

  test(
    "keys that mean signals elsewhere are keys",
    Effect.gen(function*() {
      const { events, has, program } = yield* onTerminal("close")
      program.write(type("\x03\x1a\x1c\x11\x13\r\n\x7f\xff"))
      yield* until(
        "it has them",
        () => events().join("").includes(type("\x03\x1a\x1c\x11\x13\r\n\x7f\xff").toString("hex"))
      )
      program.write(type("q"))
      yield* has("closed")
      assert.isFalse(events().some((event) => event.startsWith("signal")))
    })
  )

  test(
    "a stopped program restores the terminal, and enters raw mode again when it continues",
    Effect.gen(function*() {
      const { has, heard, isAsBefore, isRaw, pid, program, stty } = yield* onTerminal("close")
      process.kill(pid, "SIGTSTP")
      yield* until("it is stopped", () => stateOf(pid) === "T")
      assert.isTrue(isAsBefore())
      process.kill(pid, "SIGCONT")
      yield* until("it is raw again", isRaw)
      yield* has("resize 80 24")
      // A SIGSTOP comes without warning, and a shell sets the terminal's modes as it likes.
      process.kill(pid, "SIGSTOP")
      yield* until("it is stopped", () => stateOf(pid) === "T")
      stty("opost", "icanon", "echo", "icrnl")
      process.kill(pid, "SIGCONT")
      yield* until("it is raw again", isRaw)
      program.write(type("q"))
      yield* until("the program is over", () => heard.text().includes("over"))
      assert.isTrue(isAsBefore())
    })
  )

  test(
    "a new window size is reported",
    Effect.gen(function*() {
      const { events, has, program } = yield* onTerminal("close")
      assert.strictEqual(events()[0], "size 80 24")
      program.resize({ cols: 132, rows: 50 })
      yield* has("resize 132 50")
    })
  )

  test(
    "the close of the window is reported",
    Effect.gen(function*() {
      const { events, has, program } = yield* onTerminal("close")
      // The kernel hangs a terminal up when the leader of its session dies.
      process.kill(program.pid, "SIGKILL")
      yield* has("closed")
      assert.includeMembers(events(), ["signal SIGHUP", "end"])
    })
  )

  test(
    "a terminal for output only gets bytes as they are, and keeps its keys",
    Effect.gen(function*() {
      const { heard, isAsBefore, stty } = yield* onTerminal("close", "</dev/null")
      yield* until("the program is over", () => heard.text().includes("over"))
      assert.isTrue(heard.bytes().includes(allBytes))
      assert.match(stty("-a"), /[^-]icanon/)
      assert.isTrue(isAsBefore())
    })
  )

  test(
    "a terminal for input only is raw as well",
    Effect.gen(function*() {
      const { has, heard, isAsBefore, isRaw, program } = yield* onTerminal("close", ">/dev/null")
      assert.isTrue(isRaw())
      program.write(type("\r"))
      yield* has("input 0d")
      program.write(type("q"))
      yield* until("the program is over", () => heard.text().includes("over"))
      assert.isTrue(isAsBefore())
    })
  )
})

describe("TtyNode without a terminal", () => {
  const test = (name: string, effect: Effect.Effect<void, unknown, Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect), 30_000)

  /** The program with these files, what it wrote on a pipe, and how it ended. */
  const plain = (stdio: StdioOptions, shell = "") =>
    Effect.map(report, ({ events, file, has }) => {
      const command = [process.execPath, fixture, file, "close"]
      const child = spawn("/bin/sh", ["-c", `exec "$@" ${shell}`, "sh", ...command], { stdio, detached: false })
      const output: Array<Buffer> = []
      child.stdout?.on("data", (bytes: Buffer) => output.push(bytes))
      let code: number | null | undefined
      child.once("close", (status) => code = status)
      return {
        child,
        events,
        has,
        output: () => Buffer.concat(output),
        ended: Effect.as(until("it ended", () => code !== undefined, 10_000), () => code)
      }
    })

  test(
    "a pipe is read to its end, and written to",
    Effect.gen(function*() {
      const { child, ended, events, output } = yield* plain(["pipe", "pipe", "inherit"])
      child.stdin!.end(allBytes.subarray(0, 100))
      assert.strictEqual((yield* ended)(), 0)
      assert.isTrue(output().equals(allBytes))
      assert.deepStrictEqual(
        events().filter((event) => !event.startsWith("open")),
        ["size undefined undefined", `input ${allBytes.subarray(0, 100).toString("hex")}`, "end", "closed"]
      )
    })
  )

  test(
    "without input, without output, or without both",
    Effect.gen(function*() {
      for (const shell of ["</dev/null", "<&-", "</dev/null >/dev/null", "<&- >&-", "</", "</etc/passwd >/dev/null"]) {
        const { ended, events } = yield* plain(["inherit", "pipe", "inherit"], shell)
        assert.strictEqual((yield* ended)(), 0, shell)
        assert.deepStrictEqual(events().filter((event) => /^(end|closed)/.test(event)), ["end", "closed"], shell)
      }
    })
  )

  test(
    "a reader that ends is handled like a terminal that is gone",
    Effect.gen(function*() {
      const { child, ended, has } = yield* plain(["pipe", "pipe", "inherit"], "| true")
      yield* has("signal SIGHUP")
      child.stdin!.on("error", () => {}).end()
      yield* ended
    })
  )
})
