import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import { createHash } from "node:crypto"
import type { ExitStatus } from "../../src/schema/Session.ts"
import { type Foreground, Pty, type PtyProcess, type PtySpec } from "../../src/services/Pty.ts"
import { turns } from "../support/turns.ts"
import { until } from "./SessionServer.ts"

/**
 * What the suite's programs do, by name and arguments; the terminal of those that read is raw.
 * As shell scripts: `$0` is the name. A layer without a shell plays them from `args[2]` on.
 */
export const scripts = {
  /** Says a text, ends with a status. */
  say: "printf '%s\\n' \"$1\"; exit \"$2\"",
  /** Counts up to a number, ends with 7. */
  count: "seq 1 \"$1\"; exit 7",
  /** Says everything that is typed. */
  echo: "stty raw -echo; printf ready; exec cat",
  /** Reads nothing before a SIGCONT, then a number of bytes, and says their hash. */
  hash: "stty raw -echo; trap 'head -c \"$1\" | sha256sum; exit 0' CONT; printf ready; while :; do sleep 0.02; done",
  /** Says its terminal's rows and columns, now and whenever they change; and a word at every SIGCONT. */
  size: "trap 'stty size' WINCH; trap 'echo heard' CONT; stty size; while :; do sleep 0.02; done",
  /** Ends by a signal. */
  die: "kill -s \"$1\" $$",
  /** Does not listen to polite signals. */
  deaf: "trap '' HUP TERM INT; printf ready; while :; do sleep 0.02; done"
} as const

export const size = { cols: 80, rows: 24 }

/** A script's spec. */
export const run = (name: keyof typeof scripts, ...args: ReadonlyArray<string>): PtySpec => ({
  file: "/bin/sh",
  args: ["-c", scripts[name], name, ...args],
  env: { PATH: "/usr/local/bin:/usr/bin:/bin" },
  cwd: "/",
  size
})

/** A shell script to run. */
export const sh = (script: string, env: Record<string, string> = {}): PtySpec => ({
  ...run("say"),
  args: ["-c", script],
  env: { ...run("say").env, ...env }
})

/** What a program was heard to say, and its end. */
export interface Heard {
  readonly bytes: () => Buffer
  readonly text: () => string
  readonly exits: Array<ExitStatus>
  drained: number
}

/** Listens, and hands on what was heard. */
export const hear = (program: PtyProcess, onData: (bytes: Buffer) => void = () => {}): Heard => {
  const chunks: Array<Buffer> = []
  const heard: Heard = {
    bytes: () => Buffer.concat(chunks),
    text: () => Buffer.concat(chunks).toString(),
    exits: [],
    drained: 0
  }
  program.listen({
    onData: (bytes) => {
      assert.strictEqual(heard.exits.length, 0, "nothing follows the end")
      chunks.push(bytes)
      onData(bytes)
    },
    onDrain: () => heard.drained++,
    onExit: (status) => heard.exits.push(status)
  })
  return heard
}

export const spawn = (spec: PtySpec) => Effect.flatMap(Pty, (pty) => pty.spawn(spec))

/** Of a machine that has other things to do as well. */
const PATIENCE_MS = 20_000

export const hasEnded = (heard: Heard) => until("it has ended", () => heard.exits.length > 0, PATIENCE_MS)

/** All output of a program. */
export const outputOf = (spec: PtySpec) =>
  Effect.gen(function*() {
    const heard = hear(yield* spawn(spec))
    yield* hasEnded(heard)
    return heard.text()
  })

/** Nobody has to listen for that. */
const isGone = (program: PtyProcess) => {
  let now: Foreground | undefined
  return until("it is gone", () => {
    program.foreground((told) => now = told)
    return now !== undefined && Object.keys(now).length === 0
  }, PATIENCE_MS)
}
/** What runs on its terminal now. */
export const foregroundOf = (program: PtyProcess) =>
  Effect.callback<Foreground>((resume) => program.foreground((now) => resume(Effect.succeed(now))))
export const isReady = (heard: Heard) => until("it is ready", () => heard.text().includes("ready"), PATIENCE_MS)

/** What a terminal makes of the lines that `count` says. */
export const counted = (upTo: number) => Array.from({ length: upTo }, (_, index) => `${index + 1}\r\n`).join("")

export const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex")

/** What {@link Pty} promises, in every layer. */
export const suite = <E>(name: string, layer: Layer.Layer<Pty, E>) =>
  describe(name, () => {
    const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
      it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 30_000)

    test(
      "a program's output arrives, then its status",
      Effect.gen(function*() {
        const heard = hear(yield* spawn(run("say", "hello", "3")))
        yield* hasEnded(heard)
        assert.strictEqual(heard.text(), "hello\r\n")
        assert.deepStrictEqual(heard.exits, [{ code: 3 }])
      })
    )

    test(
      "who listens late misses nothing",
      Effect.gen(function*() {
        const program = yield* spawn(run("say", "hello", "0"))
        yield* isGone(program)
        yield* turns
        const heard = hear(program)
        assert.strictEqual(heard.text(), "", "nothing comes before listen returns")
        yield* hasEnded(heard)
        assert.strictEqual(heard.text(), "hello\r\n")
      })
    )

    test(
      "a program that was killed says by which signal",
      Effect.gen(function*() {
        const heard = hear(yield* spawn(run("die", "KILL")))
        yield* hasEnded(heard)
        assert.deepStrictEqual(heard.exits, [{ code: 0, signal: 9 }])
      })
    )

    test(
      "however long the reader pauses, all of the output comes before the end",
      Effect.gen(function*() {
        const program = yield* spawn(run("count", "100000"))
        // A person's pauses, longer than a program and a kernel need for whatever they do at its end.
        const pauses = [600, 50, 50]
        const heard = hear(program, () => {
          const ms = pauses.shift()
          if (ms === undefined) return
          program.pause()
          const at = heard.bytes().length
          setTimeout(() => {
            assert.strictEqual(heard.bytes().length, at, "nothing comes while paused")
            program.resume()
          }, ms)
        })
        yield* hasEnded(heard)
        assert.isTrue(heard.text() === counted(100_000))
        assert.deepStrictEqual(heard.exits, [{ code: 7 }])
      })
    )

    test(
      "a short output is kept for a reader that pauses beyond the end",
      Effect.gen(function*() {
        const program = yield* spawn(run("count", "2000"))
        program.pause()
        const heard = hear(program)
        yield* isGone(program)
        yield* turns
        assert.deepStrictEqual([heard.bytes().length, heard.exits.length], [0, 0])
        program.resume()
        program.resume()
        yield* hasEnded(heard)
        assert.isTrue(heard.text() === counted(2000))
        assert.deepStrictEqual(heard.exits, [{ code: 7 }])
      })
    )

    test(
      "a pause right after a resume is a pause",
      Effect.gen(function*() {
        const program = yield* spawn(run("say", "hello", "0"))
        program.pause()
        const heard = hear(program)
        program.resume()
        program.pause()
        yield* isGone(program)
        yield* turns
        assert.deepStrictEqual([heard.text(), heard.exits.length], ["", 0])
        program.resume()
        yield* hasEnded(heard)
        assert.strictEqual(heard.text(), "hello\r\n")
      })
    )

    test(
      "every byte that is typed arrives as it is",
      Effect.gen(function*() {
        const program = yield* spawn(run("echo"))
        const heard = hear(program)
        yield* isReady(heard)
        const all = Buffer.from(Array.from({ length: 256 }, (_, byte) => byte))
        assert.isTrue(program.write(all))
        yield* until("all came back", () => heard.bytes().length >= 5 + 256)
        assert.isTrue(heard.bytes().subarray(5).equals(all))
      })
    )

    test(
      "a program that does not read holds the writer back, and gets everything in the end",
      Effect.gen(function*() {
        const bytes = Buffer.alloc(2_000_000, "0123456789\n\x03\x04\x11\x13\xff", "latin1")
        const program = yield* spawn(run("hash", String(bytes.length)))
        const heard = hear(program)
        yield* isReady(heard)
        assert.isFalse(program.write(bytes.subarray(0, 1_900_000)))
        assert.isFalse(program.write(bytes.subarray(1_900_000)))
        yield* turns
        assert.strictEqual(heard.drained, 0)
        program.signal("SIGCONT")
        yield* hasEnded(heard)
        assert.include(heard.text(), sha256(bytes))
        assert.strictEqual(heard.drained, 1)
      })
    )

    test(
      "a program knows its terminal's size, and hears of another one",
      Effect.gen(function*() {
        const program = yield* spawn(run("size"))
        const heard = hear(program)
        yield* until("it says its size", () => heard.text().includes("24 80\r\n"))
        program.resize({ cols: 132, rows: 50 })
        yield* until("it says its new size", () => heard.text().includes("50 132\r\n"))
        program.resize({ cols: 132, rows: 50 })
        // At the second word it has dealt with all that came before the first.
        for (const words of [1, 2]) {
          program.signal("SIGCONT")
          yield* until("it heard", () => heard.text().split("heard\r\n").length > words, PATIENCE_MS)
        }
        assert.strictEqual(heard.text(), "24 80\r\n50 132\r\nheard\r\nheard\r\n")
      })
    )

    test(
      "a signal reaches the program",
      Effect.gen(function*() {
        for (const [name, signal] of [["SIGTERM", 15], ["SIGHUP", 1], ["SIGKILL", 9]] as const) {
          const program = yield* spawn(run("echo"))
          const heard = hear(program)
          yield* isReady(heard)
          program.signal(name)
          yield* hasEnded(heard)
          assert.deepStrictEqual(heard.exits, [{ code: 0, signal }])
        }
      })
    )

    test(
      "the foreground is told while the program runs",
      Effect.gen(function*() {
        const program = yield* spawn(run("deaf"))
        const heard = hear(program)
        yield* isReady(heard)
        const { command, cwd } = yield* foregroundOf(program)
        assert.match(command!, /sh -c|sleep/)
        assert.strictEqual(cwd, "/")
        program.signal("SIGKILL")
        yield* hasEnded(heard)
        assert.deepStrictEqual(yield* foregroundOf(program), {})
      })
    )

    test(
      "after the end nothing happens any more",
      Effect.gen(function*() {
        const program = yield* spawn(run("say", "bye", "0"))
        const heard = hear(program)
        yield* hasEnded(heard)
        assert.isTrue(program.write(Buffer.from("x")))
        program.resize({ cols: 1, rows: 1 })
        program.signal("SIGKILL")
        program.pause()
        program.resume()
        yield* turns
        assert.deepStrictEqual([heard.text(), heard.exits.length], ["bye\r\n", 1])
      })
    )

    test(
      "closing the scope ends even a program that does not listen, and nobody is told",
      Effect.gen(function*() {
        const scope = yield* Scope.make()
        const program = yield* Scope.provide(spawn(run("deaf")), scope)
        const heard = hear(program)
        yield* isReady(heard)
        yield* Scope.close(scope, Exit.void)
        assert.deepStrictEqual(yield* foregroundOf(program), {})
        yield* turns
        assert.deepStrictEqual(heard.exits, [])
      })
    )

    test(
      "what cannot be started is said, and nothing is started",
      Effect.gen(function*() {
        const spec = run("say", "x", "0")
        const problems = [
          [{ ...spec, file: "/nowhere/to/be/found" }, /no such file/],
          [{ ...spec, file: "no-such-command" }, /no such command on the PATH/],
          [{ ...spec, file: "/" }, /is a directory/],
          [{ ...spec, file: "/etc/passwd" }, /not executable/],
          [{ ...spec, cwd: "/nowhere" }, /the directory "\/nowhere" does not exist/],
          [{ ...spec, cwd: "/etc/passwd" }, /not a directory/]
        ] as const
        for (const [spec, problem] of problems) {
          const error = yield* Effect.flip(spawn(spec))
          assert.strictEqual(error._tag, "PtyError")
          assert.match(error.message, problem)
          assert.include(error.message, `cannot start ${spec.file}`)
        }
      })
    )
  })
