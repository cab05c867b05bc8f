import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawn, spawnSync } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as OutputStdio from "../../src/layers/console/OutputStdio.ts"
import { loadPtyAddon } from "../../src/layers/pty/addon.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import { Output } from "../../src/services/Output.ts"
import { Home, home } from "../fixtures/machine.ts"
import { Listener, suite } from "./Output.ts"

const lines = (texts: ReadonlyArray<string>) => Buffer.from(texts.map((text) => `${text}\n`).join(""))

const memory = Layer.effect(
  Listener,
  Effect.map(OutputFake.OutputTestRef, ({ bytes, err, out }) => ({
    out: () => Buffer.concat([lines(out), ...bytes]),
    err: () => lines(err)
  }))
).pipe(Layer.provideMerge(OutputFake.layer({ isTerminal: false })))

const open = (path: string, flags: string | number) =>
  Effect.acquireRelease(
    Effect.sync(() => Fs.openSync(path, flags)),
    (fd) => Effect.sync(() => Fs.closeSync(fd))
  )

const files = Layer.unwrap(Effect.gen(function*() {
  const { path } = yield* Home
  const [out, err] = [Path.join(path, "out"), Path.join(path, "err")]
  return Layer.merge(
    OutputStdio.layerOn(yield* open(out, "w"), yield* open(err, "w")),
    Layer.succeed(Listener, { out: () => Fs.readFileSync(out), err: () => Fs.readFileSync(err) })
  )
})).pipe(Layer.provide(home))

suite("OutputFake", memory)
suite("OutputStdio", files)

const on = <A, E>(fd: number, use: (output: Output["Service"]) => Effect.Effect<A, E>) =>
  Effect.flatMap(Output, use).pipe(Effect.provide(OutputStdio.layerOn(fd, fd)))

/** A pipe with a name. Its end for writing does not wait; that for reading is open until it is closed. */
const fifo = Effect.gen(function*() {
  const path = Path.join((yield* Home).path, "fifo")
  spawnSync("mkfifo", [path])
  const reader = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  const out = yield* open(path, Fs.constants.O_WRONLY | Fs.constants.O_NONBLOCK)
  return { path, out, close: () => Fs.closeSync(reader) }
})

describe("OutputStdio", () => {
  it.live("no control character of a message reaches a terminal; lines and tabs do", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const file = Path.join(path, "out")
      yield* on(yield* open(file, "w"), ({ note, print }) =>
        Effect.andThen(print("a\x1b[2J\x9b\x7f\rb\tc\nd"), note("\x07é")))
      assert.strictEqual(Fs.readFileSync(file, "utf8"), "a�[2J���b\tc\nd\n�é\n")
    }).pipe(Effect.scoped, Effect.provide(home)))

  it.live("a terminal is known as one", () =>
    Effect.gen(function*() {
      const { master, slave } = loadPtyAddon().open(80, 24)
      yield* Effect.addFinalizer(() => Effect.sync(() => [master, slave].forEach((fd) => Fs.closeSync(fd))))
      assert.isTrue(yield* on(slave, ({ isTerminal }) => Effect.succeed(isTerminal)))
    }).pipe(Effect.scoped))

  it.live("more than a pipe holds waits for its reader", () =>
    Effect.gen(function*() {
      const { close, out, path } = yield* fifo
      const bytes = Buffer.alloc(4 * 1024 * 1024, "a pipe holds 64 KiB.")
      const reader = spawn("sh", ["-c", `head -c ${bytes.length} "$0" > "$0.copy"`, path], { stdio: "inherit" })
      const end = once(reader, "close")
      yield* on(out, ({ write }) => write([bytes.subarray(0, 100), bytes.subarray(100)]))
      yield* Effect.promise(() => end)
      assert.isTrue(Fs.readFileSync(`${path}.copy`).equals(bytes))
      close()
    }).pipe(Effect.scoped, Effect.provide(home)), 30_000)

  it.live("a reader that went away is nothing to speak of", () =>
    Effect.gen(function*() {
      const { close, out } = yield* fifo
      close()
      yield* on(out, ({ note, print, write }) =>
        Effect.all([write([Buffer.from("a"), Buffer.from("b")]), print("c"), note("d")]))
    }).pipe(Effect.scoped, Effect.provide(home)))

  it.live.skipIf(!Fs.existsSync("/dev/full"))("a disk that is full is said", () =>
    Effect.gen(function*() {
      const full = yield* open("/dev/full", "w")
      yield* on(full, ({ note }) => note("nobody can be told"))
      for (const result of [on(full, ({ write }) => write([Buffer.from("a")])), on(full, ({ print }) => print("a"))]) {
        assert.strictEqual(
          (yield* Effect.flip(result)).message,
          "cannot write to standard output: no space left on device"
        )
      }
    }).pipe(Effect.scoped))
})
