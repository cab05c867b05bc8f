import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as OutputStdio from "../../src/layers/console/OutputStdio.ts"
import * as ProgressTerminal from "../../src/layers/console/ProgressTerminal.ts"
import { StatusLine } from "../../src/layers/console/statusLine.ts"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import * as ProgressFake from "../../src/layers/testing/ProgressFake.ts"
import { Output } from "../../src/services/Output.ts"
import { Progress } from "../../src/services/Progress.ts"
import { Pty } from "../../src/services/Pty.ts"
import { openScreen } from "../support/screen.ts"
import { Screen, suite } from "./Progress.ts"
import { hear } from "./Pty.ts"
import { until } from "./SessionServer.ts"

const COLUMNS = 40

/** What is said, in its order, and below that the line. */
const fake = Layer.effect(
  Screen,
  Effect.gen(function*() {
    const said = yield* OutputFake.OutputTestRef
    const shown = yield* ProgressFake.ProgressTestRef
    const order: Array<string> = []
    for (const list of [said.out, said.err]) {
      list.push = (...texts) => order.push(...texts.flatMap((text) => text.split("\n")))
    }
    return { lines: () => [...order, shown.now().at(-1) ?? ""] }
  })
).pipe(Layer.provideMerge(Layer.mergeAll(OutputFake.layer({ isTerminal: true }), ProgressFake.layer(COLUMNS))))

/** Interprets the few sequences that a status line uses: CR, LF, EL, CUU. */
const render = (bytes: string): ReadonlyArray<string> => {
  const lines = [""]
  let row = 0
  let column = 0
  for (const [part] of bytes.matchAll(/\u001b\[[KA]|[\r\n]|[^\r\n\u001b]+/g)) {
    const line = lines[row]!
    if (part === "\r") column = 0
    else if (part === "\n") lines[++row] ??= ""
    else if (part === "\u001b[A") row--
    else if (part === "\u001b[K") lines[row] = line.slice(0, column)
    else {
      lines[row] = line.slice(0, column) + part + line.slice(column + part.length)
      column += part.length
    }
  }
  return lines
}

const open = openScreen(COLUMNS)

const real = Layer.unwrap(Effect.map(open, ({ seen, slave }) => {
  const line = new StatusLine(slave)
  return Layer.mergeAll(
    Layer.succeed(Screen, { lines: () => render(seen()) }),
    OutputStdio.layerOn(slave, slave, line),
    ProgressTerminal.layerOn(slave, line).pipe(Layer.provide(CallerFake.layer()))
  )
}))

suite("ProgressFake", fake)
suite("ProgressTerminal", real)

describe("ProgressTerminal", () => {
  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect), 30_000)

  const on = (fd: number, TERM = "xterm") =>
    ProgressTerminal.layerOn(fd, new StatusLine(fd)).pipe(Layer.provide(CallerFake.layer({ env: { TERM } })))

  test(
    "quick work shows nothing, and frequent changes are shown only as often as one can see",
    Effect.gen(function*() {
      const { seen, slave } = yield* open
      yield* Effect.gen(function*() {
        const { line } = yield* Progress
        yield* Effect.scoped(Effect.map(line, (show) => show("quick")))
        assert.strictEqual(seen(), "")
        yield* Effect.scoped(Effect.gen(function*() {
          const show = yield* line
          for (let count = 1; count <= 1000; count++) show(`${count}`)
          yield* until("the last is shown", () => seen().includes("1000"))
        }))
      }).pipe(Effect.provide(on(slave)))
      yield* until("it is gone", () => seen().endsWith("\r\u001b[K"))
      assert.isBelow(seen().split("\u001b[K").length, 10)
    })
  )

  test(
    "wide characters count as two columns",
    Effect.gen(function*() {
      const { seen, slave } = yield* open
      yield* Effect.gen(function*() {
        const show = yield* (yield* Progress).line
        show("日本".repeat(100))
        yield* until("it is shown", () => seen().includes("…"))
      }).pipe(Effect.scoped, Effect.provide(on(slave)))
      assert.include(seen(), `\u001b[K${"日本".repeat(9)}日…`)
    })
  )

  test(
    "nothing is shown on a terminal that cannot erase, or without a terminal",
    Effect.gen(function*() {
      const { seen, slave } = yield* open
      const other = yield* open
      /** A line that comes later, where it can be shown. */
      const later = (text: string) =>
        Effect.gen(function*() {
          ;(yield* (yield* Progress).line)(text)
          yield* until("the later line is shown", () => other.seen().includes(text))
        }).pipe(Effect.scoped, Effect.provide(on(other.slave)))
      const show = (fd: number, text: string, TERM?: string) =>
        Effect.gen(function*() {
          ;(yield* (yield* Progress).line)(text)
          yield* later(`after ${text}`)
        }).pipe(Effect.scoped, Effect.provide(on(fd, TERM)))
      yield* show(slave, "one", "dumb")
      const file = Fs.openSync("/dev/null", "w")
      yield* show(file, "two")
      Fs.closeSync(file)
      assert.strictEqual(seen(), "")
    })
  )

  it.live("Ctrl-C leaves no line behind, and ends the program as it does without one", () =>
    Effect.gen(function*() {
      const pty = yield* Pty
      const fixture = Path.join(import.meta.dirname, "../fixtures/progress.ts")
      const program = yield* pty.spawn({
        file: "/bin/sh",
        args: ["-c", `trap : INT; "$0" "$1"; echo "ended: $?"; read -r go`, process.execPath, fixture],
        env: { PATH: "/usr/bin:/bin", TERM: "xterm" },
        cwd: "/",
        size: { cols: 80, rows: 24 }
      })
      const heard = hear(program)
      yield* until("it is shown", () => heard.text().includes("asking db"), 20_000)
      program.write(Buffer.from("\x03"))
      yield* until("it has ended", () => heard.text().includes("ended: 130"), 20_000)
      assert.deepStrictEqual(render(heard.text()).slice(0, 1), ["ended: 130"])
    }).pipe(Effect.scoped, Effect.provide(PtyNode.layer)), 60_000)

  test(
    "raw bytes are written above it too",
    Effect.gen(function*() {
      const { seen, slave } = yield* open
      const line = new StatusLine(slave)
      line.show("asking")
      yield* Effect.flatMap(Output, ({ write }) => write([Buffer.from("result\n")])).pipe(
        Effect.provide(OutputStdio.layerOn(slave, slave, line))
      )
      yield* until("it is there", () => render(seen()).join("|") === "result|asking")
    })
  )
})
