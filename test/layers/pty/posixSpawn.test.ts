/** What only the C library can do: bytes, signals, modes and pixels. */
import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import * as PtyNode from "../../../src/layers/pty/PtyNode.ts"
import { loadTerminalCalls, modesOf, pixelsOf } from "../../../src/layers/system/terminal.ts"
import { fromBytes, toBytes } from "../../../src/schema/ByteString.ts"
import { type Pty, type PtySpec } from "../../../src/services/Pty.ts"
import { hasEnded, hear, isReady, outputOf, run, sh, spawn } from "../../contract/Pty.ts"
import { until } from "../../contract/SessionServer.ts"
import { turns } from "../../support/turns.ts"

describe.runIf(process.platform === "linux")("a program on Linux", () => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(PtyNode.layer)), 30_000)

  /** As bytes that are not UTF-8 arrive from the system. */
  const latin1 = fromBytes(Buffer.from("caf\xe9", "latin1"))

  test(
    "gets arguments and variables byte by byte, and runs in a directory of any name",
    Effect.gen(function*() {
      const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(dir, { recursive: true })))
      Fs.mkdirSync(toBytes(`${dir}/${latin1}`))
      const script = "printf %s \"$PLACE|$1|$(basename \"$(pwd -P)\")\" | od -An -tx1"
      const spec = sh(script, { PLACE: latin1, "BASH_FUNC_x%%": "() { :; }" })
      const heard = yield* outputOf({ ...spec, args: ["-c", script, "sh", latin1], cwd: `${dir}/${latin1}` })
      assert.strictEqual(heard.replaceAll(/\s+/g, ""), "636166e97c636166e97c636166e9")
      const env = yield* outputOf({ ...spec, args: ["-c", "tr '\\0' '\\n' </proc/$$/environ"] })
      assert.include(env, "BASH_FUNC_x%%=() { :; }")
    })
  )

  test(
    "finds signals blocked and ignored as it is told, and all others as they are by default",
    Effect.gen(function*() {
      const state = (signals?: PtySpec["signals"]) =>
        outputOf({
          ...run("say"),
          file: "/bin/grep",
          args: ["-E", "^Sig(Blk|Ign)", "/proc/self/status"],
          ...(signals === undefined ? {} : { signals })
        })
      const zeros = "0".repeat(16)
      assert.strictEqual(yield* state(), `SigBlk:\t${zeros}\r\nSigIgn:\t${zeros}\r\n`)
      // SIGHUP, SIGINT, SIGPIPE and SIGXFSZ ignored; SIGUSR1, SIGTERM and a signal of its own blocked.
      const [ignored, blocked] = ["0000000001001003", "8000000000004200"]
      assert.strictEqual(yield* state({ blocked, ignored }), `SigBlk:\t${blocked}\r\nSigIgn:\t${ignored}\r\n`)
      // Ours are as they were.
      assert.strictEqual(yield* state(), `SigBlk:\t${zeros}\r\nSigIgn:\t${zeros}\r\n`)
    })
  )

  /** The modes of a terminal that stty(1) has set, as `outputOf` sees them. */
  const modesAfter = (changes: string) =>
    Effect.gen(function*() {
      const program = yield* spawn(sh(`stty ${changes}; printf ready; sleep 1000`))
      yield* isReady(hear(program))
      const fd = Fs.openSync(`/proc/${program.pid}/fd/0`, Fs.constants.O_RDWR | Fs.constants.O_NOCTTY)
      const modes = modesOf(fd)
      Fs.closeSync(fd)
      return Buffer.from(modes!, "hex")
    })

  test(
    "has the flags and characters of the creator's terminal",
    Effect.gen(function*() {
      const modes = yield* modesAfter("erase '^H' intr '^]' kill '^X' -ixon ixany -onlcr -echoctl tostop 9600 -iutf8")
      const heard = yield* outputOf({ ...sh("stty -a"), modes })
      for (
        const one of ["erase = ^H;", "intr = ^];", "kill = ^X;", " -ixon ", " ixany", " -onlcr", " -echoctl", " tostop"]
      ) {
        assert.include(` ${heard.replaceAll(/\s+/g, " ")} `, one)
      }
      assert.match(heard, /speed 9600 baud/)
      assert.match(heard, /[^-]iutf8/)
    })
  )

  test(
    "has no state of the creator's terminal: telnetd works on another one",
    Effect.gen(function*() {
      const heard = yield* outputOf({ ...sh("stty -a"), modes: yield* modesAfter("extproc flusho") })
      assert.match(heard, / -flusho/)
      assert.match(heard, / -extproc/)
    })
  )

  test(
    "has the usual flags, and the characters, of a creator's terminal that another program has in raw mode",
    Effect.gen(function*() {
      const heard = yield* outputOf({ ...sh("stty -a"), modes: yield* modesAfter("raw -echo erase '^H' min 0 time 5") })
      assert.match(heard, /erase = \^H;/)
      // Those of the other program: a program that only clears icanon would read nothing.
      assert.match(heard, /min = 1; time = 0;/)
      assert.match(heard, /[^-]icanon/)
      assert.match(heard, /[^-]opost/)
      assert.match(heard, /[^-]echo /)
    })
  )

  test(
    "has the window's size in pixels, now and after a resize",
    Effect.gen(function*() {
      const spec = sh("trap 'echo changed' WINCH; printf ready; while :; do sleep 0.02; done")
      const program = yield* spawn({ ...spec, size: { cols: 80, rows: 24, width: 800, height: 480 } })
      const heard = hear(program)
      yield* isReady(heard)
      loadTerminalCalls()
      const pixels = () => {
        const fd = Fs.openSync(`/proc/${program.pid}/fd/0`, Fs.constants.O_RDWR | Fs.constants.O_NOCTTY)
        const found = pixelsOf(fd)
        Fs.closeSync(fd)
        return found
      }
      assert.deepStrictEqual(pixels(), { width: 800, height: 480 })
      program.resize({ cols: 80, rows: 24, width: 1600, height: 960 })
      yield* until("it is told", () => heard.text().includes("changed"))
      assert.deepStrictEqual(pixels(), { width: 1600, height: 960 })
      program.resize({ cols: 80, rows: 24 })
      assert.deepStrictEqual(pixels(), {})
    })
  )

  test(
    "has its own status, however soon it ends",
    Effect.gen(function*() {
      // In a timer's turn: signals come between that and what is to run immediately.
      yield* Effect.sleep(1)
      const program = yield* spawn(run("say", "hello", "7"))
      program.pause()
      const isZombie = () => / Z /.test(Fs.readFileSync(`/proc/${program.pid}/stat`, "latin1"))
      while (!isZombie()) { /* Its end comes in this turn. */ }
      const heard = hear(program)
      yield* turns
      program.resume()
      yield* hasEnded(heard)
      assert.deepStrictEqual(heard.exits, [{ code: 7 }])
    })
  )

  test(
    "has its own status when its creator ignores SIGCHLD, which is as by default for it",
    Effect.gen(function*() {
      const signals = { blocked: "0", ignored: "10001" }
      const found = yield* outputOf({ ...run("say"), file: "grep", args: ["^SigIgn", "/proc/self/status"], signals })
      assert.strictEqual(found, "SigIgn:\t0000000000000001\r\n")
      // The sooner it ends, the more depends on who looks first.
      for (let count = 0; count < 20; count++) {
        const heard = hear(yield* spawn({ ...run("say"), file: "false", args: [], signals }))
        yield* hasEnded(heard)
        assert.deepStrictEqual(heard.exits, [{ code: 1 }])
      }
    })
  )

  test(
    "is run by /bin/sh where its file does not say what runs it",
    Effect.gen(function*() {
      const dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-"))
      yield* Effect.addFinalizer(() => Effect.sync(() => Fs.rmSync(dir, { recursive: true })))
      Fs.writeFileSync(Path.join(dir, "plain"), "echo plain $1\n", { mode: 0o755 })
      const spec = { ...run("say"), args: ["words"], env: { PATH: `${dir}:/usr/bin:/bin` } }
      assert.strictEqual(yield* outputOf({ ...spec, file: "plain" }), "plain words\r\n")
      assert.strictEqual(yield* outputOf({ ...spec, file: "./plain", cwd: dir }), "plain words\r\n")
      // A program sees the name by which the user called it.
      const name = yield* outputOf({ ...spec, file: "sh", args: ["-c", "tr '\\0' ' ' </proc/$$/cmdline"] })
      assert.match(name, /^sh -c /)
    })
  )
})
