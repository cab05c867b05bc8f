import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { type ChildProcess, spawn, spawnSync, type StdioOptions } from "node:child_process"
import { once } from "node:events"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as InputStdio from "../../src/layers/console/InputStdio.ts"
import * as InputFake from "../../src/layers/testing/InputFake.ts"
import { caller, Home, home } from "../fixtures/machine.ts"
import { FILES, suite } from "./Input.ts"
import { until } from "./SessionServer.ts"

suite(
  "InputFake",
  (bytes) => InputFake.layer({ bytes, files: { ...FILES, dir: { problem: "it is a directory" } } })
)

/** Writes as fast as it is taken; who reads may be gone first. */
const feed = async (child: ChildProcess, pieces: Iterable<Uint8Array>) => {
  const stdin = child.stdin!.on("error", () => {})
  const closed = new Promise((resolve) => void stdin.once("close", resolve))
  for (const piece of pieces) {
    if (stdin.destroyed) return
    if (!stdin.write(piece)) await Promise.race([new Promise((resolve) => void stdin.once("drain", resolve)), closed])
  }
  stdin.end()
}

/** The end of a real pipe. */
const pipe = (pieces: Iterable<Uint8Array>) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const child = spawn("cat", { stdio: ["pipe", "pipe", "ignore"] })
      void feed(child, pieces)
      return child
    }),
    (child) => Effect.sync(() => child.kill("SIGKILL"))
  )

/** A home with the files, where we are. */
const furnished = Layer.provideMerge(
  caller(),
  Layer.tap(home, (context) =>
    Effect.provideContext(
      Effect.map(Home, ({ path }) => {
        for (const [name, content] of Object.entries(FILES)) Fs.writeFileSync(Path.join(path, name), content)
        Fs.mkdirSync(Path.join(path, "dir"))
      }),
      context
    ))
)

suite(
  "InputStdio",
  (pieces) =>
    Layer.unwrap(Effect.map(pipe(pieces), ({ stdout }) => InputStdio.layerOn(() => stdout, false))).pipe(
      Layer.provide(furnished)
    )
)

describe("InputStdio", () => {
  const fixture = Path.join(import.meta.dirname, "../fixtures/input.ts")

  /** A process that reads a file, or its standard input, and what it says of that. */
  const reader = (args: ReadonlyArray<string>, stdio: StdioOptions, env?: Record<string, string>) => {
    const child = spawn(process.execPath, [fixture, ...args], { stdio, env: { ...process.env, ...env } })
    const said: Array<Buffer> = []
    child.stdout!.on("data", (bytes: Buffer) => said.push(bytes))
    const end = Effect.map(Effect.promise(() => once(child, "close")), ([code]) => {
      assert.strictEqual(code, 0)
      return Buffer.concat(said).toString()
    })
    return { child, end, said: () => Buffer.concat(said).toString() }
  }

  it.live("standard input may be a pipe, a file, a directory, or nothing", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const from = (place: string) => reader(["-"], [Fs.openSync(place, "r"), "pipe", "inherit"]).end
      const piped = reader(["-"], ["pipe", "pipe", "inherit"])
      piped.child.stdin!.end(FILES.bytes)
      assert.strictEqual(yield* piped.end, `read ${FILES.bytes.toString("hex")}\n`)
      Fs.writeFileSync(Path.join(path, "file"), FILES.text)
      assert.strictEqual(yield* from(Path.join(path, "file")), `read ${Buffer.from(FILES.text).toString("hex")}\n`)
      assert.strictEqual(yield* from(path), "cannot read standard input: it is a directory\n")
      assert.strictEqual(yield* from("/dev/null"), "read \n")
      const closed = spawnSync("/bin/sh", ["-c", `exec "$0" "$1" - <&-`, process.execPath, fixture])
      assert.strictEqual(closed.stdout.toString(), "read \n")
    }).pipe(Effect.provide(home)), 60_000)

  it.live("standard input is let go of by a reader that was interrupted", () =>
    Effect.gen(function*() {
      const { child, end, said } = reader(["--interrupt"], ["pipe", "pipe", "inherit"])
      child.stdin!.write("piece")
      yield* until("it reads", () => said() !== "", 30_000)
      // Its other end is still open, and would keep the process alive.
      assert.strictEqual(yield* end, "reads\ninterrupted\n")
      assert.isFalse(child.stdin!.writableEnded)
      child.stdin!.on("error", () => {}).destroy()
    }), 60_000)

  // Root may read everything: so nobody asks.
  it.live("a file that is not ours to read says so", () =>
    Effect.gen(function*() {
      const { path } = yield* Home
      const file = Path.join(path, "secret")
      Fs.writeFileSync(file, "secret", { mode: 0o200 })
      Fs.chmodSync(path, 0o755)
      const env: Record<string, string> = process.getuid?.() === 0 ? { AS_USER: "65534" } : {}
      assert.strictEqual(
        yield* reader([file], ["ignore", "pipe", "inherit"], env).end,
        `cannot read ${file}: you may not read it\n`
      )
    }).pipe(Effect.provide(home)), 60_000)
})
