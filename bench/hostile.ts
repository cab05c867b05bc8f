/**
 * A program writes all that asks much of a terminal, without end, while somebody types: how long does the echo take at
 * worst, and how much memory does the daemon take? Seeds are printed. SESH_BENCH_SECONDS is for how long,
 * SESH_BENCH_SEED where to begin, SESH_BENCH_KIND for one kind of output, SESH_BENCH_COLS and _ROWS for a size.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { type ELDHistogram, monitorEventLoopDelay } from "node:perf_hooks"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { hostile, hostileOutput, type Kind, KINDS } from "../test/support/hostileOutput.ts"
import { end, type Home, home, median, memory, setting, shown, table } from "./support/machine.ts"
import { attach, create, peers, READY } from "./support/peers.ts"
import type { Screen } from "./support/screen.ts"

const SECONDS = setting("SESH_BENCH_SECONDS", 60)
const SEED = setting("SESH_BENCH_SEED", 1)
const SIZE = { cols: setting("SESH_BENCH_COLS", 80), rows: setting("SESH_BENCH_ROWS", 24) }
const ONLY = process.env["SESH_BENCH_KIND"] as Kind | undefined

/** Between two keys: somebody who types fast. */
const KEY_MS = 100

/** How often memory is looked at. */
const LOOK_MS = 500

/** How often this process looks whether it runs. */
const TICK_MS = 5

/** The pipe that the hostile output comes through, and a reader of all that is typed: the terminal echoes it. */
const SCRIPT = `stty -icanon -isig -iexten -ixon min 1; printf '${READY}'; cat "$1" & exec cat >/dev/null`

/** Of the private use area: nothing else writes it. */
const FIRST_KEY = 0xf0000
const KEYS = 0xfff0

/** How many of the longest echoes are shown one by one. */
const SLOWEST = 8

/** What is being written, and how much has been. */
interface Now {
  kind: string
  bytes: number
}

/** A key that was typed. Times are those of `performance.now()`. */
interface Typed {
  readonly key: string
  readonly begun: number
  readonly kind: string
  readonly bytes: number
}

/** A key whose echo has come. `heldUpMs`: for how long, at most, this process did not run meanwhile. */
interface Sample extends Typed {
  readonly ms: number
  readonly kindAtEnd: string
  readonly bytesMeanwhile: number
  readonly heldUpMs: number
}

/** What was seen of the keys that were typed. `longest`: the longest time, in ms, in which typing showed nothing. */
interface Echoes {
  readonly samples: Array<Sample>
  lost: number
  longest: number
}

/** Writes hostile output into the pipe, as fast as the session takes it. `now`: what is being written. */
const write = (pipe: string, now: Now) =>
  Effect.gen(function*() {
    const open = Effect.promise(() => fs.promises.open(pipe, "w"))
    const file = yield* Effect.acquireRelease(open, (file) => Effect.promise(() => file.close()))
    const output = ONLY === undefined ? hostileOutput(SEED, SIZE) : one(ONLY)
    for (const { bytes, kind } of output) {
      now.kind = kind
      yield* Effect.promise(() => file.writeFile(bytes))
      now.bytes += bytes.length
    }
  }).pipe(Effect.scoped)

function* one(kind: Kind) {
  for (let seed = SEED;; seed++) yield { kind, bytes: hostile(kind, seed, SIZE) }
}

/** Finds the keys in what a screen gets: UTF-8 of U+F0000 to U+FFFFF begins with F3, then B0 to BF. */
const keysIn = (found: (key: string) => void) => {
  let before: Buffer = Buffer.alloc(0)
  return (bytes: Buffer) => {
    const all = Buffer.concat([before, bytes])
    for (let at = all.indexOf(0xf3); at >= 0 && at + 4 <= all.length; at = all.indexOf(0xf3, at + 1)) {
      if (all[at + 1]! >= 0xb0) found(all.toString("utf8", at, at + 4))
    }
    before = all.subarray(-3)
  }
}

/**
 * Types keys at a steady pace. Echoes come in order: when one comes, those before it that have not come are lost, in a
 * string that the output has begun or on a screen that it has drawn over.
 */
const type = Effect.fnUntraced(function*(screen: Screen, now: Now, echoes: Echoes, heldUp: ELDHistogram) {
  let outstanding: ReadonlyArray<Typed> = []
  screen.listen(keysIn((key) => {
    const place = outstanding.findIndex((typed) => typed.key === key)
    if (place < 0) return
    const typed = outstanding[place]!
    const at = performance.now()
    echoes.samples.push({
      ...typed,
      ms: at - typed.begun,
      kindAtEnd: now.kind,
      bytesMeanwhile: now.bytes - typed.bytes,
      heldUpMs: Math.max(0, heldUp.max / 1e6 - TICK_MS)
    })
    echoes.lost += place
    echoes.longest = Math.max(echoes.longest, at - outstanding[0]!.begun)
    outstanding = outstanding.slice(place + 1)
  }))
  for (let count = 0;; count++) {
    const key = String.fromCodePoint(FIRST_KEY + count % KEYS)
    if (outstanding.length === 0) heldUp.reset()
    outstanding = [...outstanding, { key, kind: now.kind, begun: performance.now(), bytes: now.bytes }]
    screen.type(key)
    yield* Effect.sleep(KEY_MS)
  }
})

const watch = Effect.fnUntraced(function*(pid: number, seen: { worst: number }) {
  for (;;) {
    seen.worst = Math.max(seen.worst, memory(pid).anonymous)
    yield* Effect.sleep(LOOK_MS)
  }
})

/** Somebody else attaches: the time until their first key is echoed. */
const attachAfterwards = Effect.fnUntraced(function*(inHome: Home) {
  const begun = performance.now()
  const screen = yield* attach(inHome, peers.sesh, "hostile", SIZE)
  const text = String.fromCodePoint(FIRST_KEY + KEYS)
  screen.type(text)
  return (yield* screen.shows(text)) - begun
}, Effect.scoped)

/** What the daemon has written to its log: nothing should go wrong in it, whatever comes. */
const logged = ({ dir }: Home): string =>
  fs.readdirSync(dir, { recursive: true, encoding: "utf8" }).filter((file) => file.endsWith(".log"))
    .map((file) => fs.readFileSync(path.join(dir, file), "utf8")).join("")

const program = Effect.gen(function*() {
  const inHome = yield* home
  const pipe = path.join(inHome.dir, "output")
  if (spawnSync("mkfifo", [pipe]).status !== 0) throw new Error("mkfifo failed")
  console.log(
    `hostile output at ${SIZE.cols} x ${SIZE.rows} for ${SECONDS} s, seed ${SEED}${ONLY ? `, only ${ONLY}` : ""}`
  )
  const session = "hostile"
  const { daemon, screen } = yield* create({
    home: inHome,
    peer: peers.sesh,
    session,
    script: SCRIPT,
    args: [pipe],
    size: SIZE
  })
  yield* Effect.addFinalizer(() => end(daemon!))
  const now: Now = { kind: "", bytes: 0 }
  const echoes: Echoes = { samples: [], lost: 0, longest: 0 }
  const before = memory(daemon!).anonymous
  const seen = { worst: before }
  const heldUp = monitorEventLoopDelay({ resolution: TICK_MS })
  heldUp.enable()
  const begun = performance.now()
  yield* Effect.raceAll([write(pipe, now), type(screen, now, echoes, heldUp), watch(daemon!, seen)]).pipe(
    Effect.timeoutOption(SECONDS * 1000)
  )
  const attached = yield* attachAfterwards(inHome)
  const of = (kind: string | undefined) => echoes.samples.filter((sample) => kind === undefined || sample.kind === kind)
  const row = (name: string, kind: string | undefined) => {
    const ms = of(kind).map((sample) => sample.ms).toSorted((a, b) => a - b)
    return [
      name,
      String(ms.length),
      shown(median(ms)),
      shown(ms[Math.floor(ms.length * 0.99)] ?? Number.NaN),
      shown(ms.at(-1) ?? Number.NaN)
    ]
  }
  table(["echo, ms", "keys", "median", "99 %", "worst"], [
    row("all", undefined),
    ...KINDS.map((kind) => row(kind, kind))
  ])
  table(
    ["the slowest: ms", "at s", "typed during", "echoed during", "MB meanwhile", "this process held up, ms"],
    echoes.samples.toSorted((a, b) => b.ms - a.ms).slice(0, SLOWEST).map((sample) => [
      shown(sample.ms),
      shown((sample.begun - begun) / 1000),
      sample.kind,
      sample.kindAtEnd,
      shown(sample.bytesMeanwhile / 1e6),
      shown(sample.heldUpMs)
    ])
  )
  table(["keys", ""], [
    ["whose echo the output has hidden", String(echoes.lost)],
    ["typing that showed nothing, ms at most", shown(echoes.longest)]
  ])
  table(["the daemon", ""], [
    ["MB written", shown(now.bytes / 1e6)],
    ["memory before, MB", shown(before)],
    ["memory at worst, MB", shown(seen.worst)],
    ["memory afterwards, MB", shown(memory(daemon!).anonymous)],
    ["attaching afterwards, ms", shown(attached)]
  ])
  console.log(`  the daemon's log: ${logged(inHome) || "empty"}`)
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
