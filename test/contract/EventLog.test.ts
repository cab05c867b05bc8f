import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Schema from "effect/Schema"
import * as TestClock from "effect/testing/TestClock"
import * as ChildProcess from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import * as EventLogJsonl from "../../src/layers/events/EventLogJsonl.ts"
import * as EventLogSilent from "../../src/layers/events/EventLogSilent.ts"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as EventLogFake from "../../src/layers/testing/EventLogFake.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import { Event, excerpt, Stamped } from "../../src/schema/Event.ts"
import { EventLog } from "../../src/services/EventLog.ts"
import { Home, home } from "../fixtures/machine.ts"
import { until } from "../support/until.ts"
import { EVENTS, offSuite, suite } from "./EventLog.ts"

const output = OutputFake.layer({ isTerminal: false })

/** A log at a path of the test's home, asked for as a user does. */
const jsonl = (path = "log") =>
  EventLogJsonl.layer.pipe(
    Layer.provideMerge(output),
    Layer.provideMerge(
      Layer.unwrap(Effect.map(Home, ({ path: cwd }) => CallerFake.layer({ env: { SESH_EVENT_LOG: path }, cwd })))
    ),
    Layer.provideMerge(home)
  )

const decode = Schema.decodeUnknownSync(Event)
const decodeStamp = Schema.decodeUnknownSync(Stamped)

const lines = (text: string): ReadonlyArray<unknown> =>
  text.split("\n").slice(0, -1).map((line) => {
    const value: unknown = JSON.parse(line)
    decodeStamp(value)
    return decode(value)
  })

const file = Effect.map(Home, ({ path }) => Path.join(path, "log"))
const readFile = Effect.map(file, (path) => Fs.readFileSync(path, "utf8"))

suite("EventLogJsonl", jsonl(), Effect.map(readFile, lines))
suite(
  "EventLogFake",
  EventLogFake.layer().pipe(Layer.provide(output)),
  Effect.map(EventLogFake.EventLogTestRef, ({ events }) => events)
)

const said = Effect.map(OutputFake.OutputTestRef, ({ err }) => err)

offSuite("EventLogSilent", EventLogSilent.layer.pipe(Layer.provideMerge(output)), said, Effect.succeed([]))
offSuite(
  "EventLogFake",
  EventLogFake.layer({ isOn: false }).pipe(Layer.provideMerge(output)),
  said,
  Effect.map(EventLogFake.EventLogTestRef, ({ events }) => events)
)

const done = EVENTS.find(({ event }) => event === "sync_done")!

describe("EventLogJsonl", () => {
  it.effect("a line is as programs know it", () =>
    Effect.gen(function*() {
      yield* TestClock.setTime(Date.UTC(2026, 4, 12, 3, 45, 1, 999))
      const { emit } = yield* EventLog
      yield* emit(EVENTS[0]!)
      yield* emit(EVENTS[1]!)
      yield* emit(EVENTS[5]!)
      assert.strictEqual(
        yield* readFile,
        "{\"ts\":\"2026-05-12T03:45:01Z\",\"event\":\"sync_start\",\"host\":\"prod\"}\n" +
          "{\"ts\":\"2026-05-12T03:45:01Z\",\"event\":\"sync_path_pushed\",\"path\":\".config/devin/skills\",\"bytes\":4096}\n" +
          "{\"ts\":\"2026-05-12T03:45:01Z\",\"event\":\"sync_done\",\"ok\":false}\n"
      )
    }).pipe(Effect.provide(jsonl())))

  it.effect("its file is made with the first event, for us alone; one that is there keeps its mode and lines", () =>
    Effect.gen(function*() {
      const path = yield* file
      const { emit } = yield* EventLog
      assert.isFalse(Fs.existsSync(path))
      yield* emit(done)
      assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o600)
      Fs.writeFileSync(path, "not ours\n")
      Fs.chmodSync(path, 0o644)
      yield* emit(done)
      assert.strictEqual(Fs.statSync(path).mode & 0o777, 0o644)
      assert.isTrue((yield* readFile).startsWith("not ours\n{"))
    }).pipe(Effect.provide(jsonl())))

  it.effect("a log that is moved away goes on in a new file", () =>
    Effect.gen(function*() {
      const path = yield* file
      const { emit } = yield* EventLog
      yield* emit(done)
      Fs.renameSync(path, `${path}.1`)
      yield* emit(done)
      assert.strictEqual(lines(yield* readFile).length, 1)
    }).pipe(Effect.provide(jsonl())))

  for (const path of ["no/such/directory", ".", "fifo"]) {
    it.effect(`a log that cannot be written (${path}) is one warning, and people are told instead`, () =>
      Effect.gen(function*() {
        if (path === "fifo") ChildProcess.execFileSync("mkfifo", [Path.join((yield* Home).path, path)])
        const log = yield* EventLog
        const { err } = yield* OutputFake.OutputTestRef
        yield* log.say("not said yet")
        yield* log.emit(done)
        yield* log.emit(done)
        yield* log.say("said")
        assert.isFalse(log.isOn())
        assert.strictEqual(err.length, 2, err.join("\n"))
        assert.match(err[0]!, /^sesh: cannot write the event log .*: [a-z ]+$/)
        assert.strictEqual(err[1], "said")
      }).pipe(Effect.provide(jsonl(path))))
  }

  it.live("a full disk is one warning", () =>
    Effect.gen(function*() {
      const log = yield* EventLog
      yield* log.emit(done)
      assert.isFalse(log.isOn())
      assert.include((yield* OutputFake.OutputTestRef).err[0], "no space left")
    }).pipe(Effect.provide(jsonl("/dev/full"))))

  it.live(
    "twenty processes write a thousand events each, and a reader follows: 20,000 whole lines",
    () =>
      Effect.gen(function*() {
        const path = yield* file
        const script = Path.join(import.meta.dirname, "../fixtures/events.ts")
        const env = { ...process.env, SESH_EVENT_LOG: path }
        const writers = Array.from({ length: 20 }, (_, who) =>
          new Promise<void>((resolve, reject) => {
            const child = ChildProcess.spawn(process.execPath, [script, "1000", `${who} `], { env, stdio: "inherit" })
            child.on("error", reject)
            child.on("exit", (code) => code === 0 ? resolve() : reject(new Error(`status ${code}`)))
          }))
        yield* Effect.promise(() => until("the log grows", () => Fs.existsSync(path), undefined, 100_000))
        const fd = Fs.openSync(path, "r")
        const seen = new Map<string, number>()
        let count = 0
        let rest = ""
        let over = false
        const all = Promise.all(writers).then(() => over = true)
        const chunk = Buffer.alloc(1024 * 1024)
        for (let wasOver = false;;) {
          const length = Fs.readSync(fd, chunk)
          const [last, ...whole] = (rest + chunk.toString("latin1", 0, length)).split("\n").toReversed()
          rest = last!
          for (const line of whole.toReversed()) {
            const { bytes, path } = JSON.parse(line) as { readonly path: string; readonly bytes: number }
            const who = path.split(" ")[0]!
            assert.strictEqual(bytes, seen.get(who) ?? 0, "each one's lines are in their order")
            seen.set(who, bytes + 1)
            count++
          }
          if (length === 0 && wasOver) break
          wasOver = over
          if (length === 0) yield* Effect.sleep(5)
        }
        Fs.closeSync(fd)
        yield* Effect.promise(() => all)
        assert.deepStrictEqual([count, seen.size, rest], [20_000, 20, ""])
      }).pipe(Effect.provide(jsonl())),
    120_000
  )
})

describe("EventLogSilent", () => {
  const layers = EventLogJsonl.layer.pipe(
    Layer.provideMerge(output),
    Layer.provide(CallerFake.layer({ env: { SESH_EVENT_LOG: "" } }))
  )
  for (
    const [name, layer] of [
      ["of its own", EventLogSilent.layer.pipe(Layer.provideMerge(output))],
      ["when SESH_EVENT_LOG is empty", layers]
    ] as const
  ) {
    it.effect(`logs nothing and tells people, ${name}`, () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        yield* log.emit(done)
        yield* log.say("a line")
        assert.isFalse(log.isOn())
        assert.deepStrictEqual((yield* OutputFake.OutputTestRef).err, ["a line"])
      }).pipe(Effect.provide(layer)))
  }
})

describe("events", () => {
  it("hold of a program's words the beginning and the end, without control characters", () => {
    assert.strictEqual(excerpt(" \x1b[31mno\n\tway\r\n"), "[31mno\n way")
    const long = excerpt(`${"a".repeat(3000)}${"z".repeat(3000)}`)
    assert.match(long, /^a{500} \.\.\. z{500}$/)
    assert.isTrue(excerpt("🙂".repeat(3000)).isWellFormed())
  })

  it("have fields that readers ignore", () => {
    assert.deepStrictEqual(decode({ ...done, new: 1 }), done)
  })
})
