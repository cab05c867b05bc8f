/**
 * A day of one session, compressed in time: clients attach, type and detach, and an agent draws its screen again and
 * again, with links. The daemon's memory at the end should be what it was after the first tenth. SESH_BENCH_ATTACHES
 * and SESH_BENCH_REDRAWS say how many, SESH_BENCH_SEED where to begin; the whole is 10,000 and 860,000: 24 hours of
 * ten redraws a second.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { spawnSync } from "node:child_process"
import { randomUUID } from "node:crypto"
import * as fs from "node:fs"
import * as net from "node:net"
import * as path from "node:path"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { Control, PROTOCOL } from "../src/schema/protocol/Control.ts"
import { encodeFrame, encodeOffset, FrameDecoder, FrameType, RESTORE_LAST } from "../src/schema/protocol/Frame.ts"
import { random } from "../test/support/torture.ts"
import { end, home, memory, setting, shown, table } from "./support/machine.ts"
import { create, peers, READY } from "./support/peers.ts"

const ATTACHES = setting("SESH_BENCH_ATTACHES", 1000)
const REDRAWS = setting("SESH_BENCH_REDRAWS", 40_000)
const SEED = setting("SESH_BENCH_SEED", 1)

const SIZE = { cols: 120, rows: 40 }

/** Memory is looked at after each of so many parts. */
const PARTS = 20

/** How long the daemon is left alone before: it parses what is left, and collects its garbage. */
const QUIET_MS = 1500

const SESSION = "soak"

/** What comes through the pipe is shown, what is typed is dropped. */
const SCRIPT = `stty -echo; printf '${READY}'; cat "$1" & exec cat >/dev/null`

/** More lines than the history has: it is full from the beginning, as a session's is after some hours. */
const FIRST_LINES = 6000

const line = (next: () => number): string =>
  `\x1b]8;;file:///home/user/${Math.floor(next() * 1e6)}\x1b\\a line of text\x1b]8;;\x1b\\ ${
    "x".repeat(next() * 100)
  }\r\n`

/** A title that follows each part: then all of it is there, as output or in a restore. */
const mark = (part: number) => `part ${part}~`

/** One screen of an agent: a list of files with links, a spinner, colours, and now and then a line that scrolls. */
const redraw = (next: () => number, count: number): string => {
  const n = (most: number) => Math.floor(next() * most)
  let screen = "\x1b[?2026h\x1b[H"
  for (let row = 0; row < 12; row++) {
    const uri = `file:///home/user/project/src/${n(1000)}/file-${n(1e6)}.ts#L${n(5000)}`
    const link = `\x1b]8;;${uri}\x1b\\src/file-${n(1e6)}.ts\x1b]8;;\x1b\\`
    screen += `\x1b[${row + 2};1H\x1b[38;5;${n(256)}m${link}\x1b[m\x1b[K`
  }
  screen += `\x1b[1;1H\x1b[7m ${count} \x1b[m${"⠋⠙⠹⠸"[count % 4]}`
  if (count % 20 === 0) {
    screen += `\x1b[${SIZE.rows};1H\r\n\x1b]8;;http://host/${n(1e9)}\x1b\\done\x1b]8;;\x1b\\ é👩‍💻\r\n`
  }
  if (count % 500 === 0) screen += `\x1b[?1049h\x1b[2J\x1b]2;title ${n(1e6)}\x07\x1b[22;2t\x1b[>1u\x1b[?1049l`
  return `${screen}\x1b[?2026l`
}

/** A client that attaches over the socket, gets the screen, types, is asked something, and leaves. */
const visit = (socket: string, next: () => number) =>
  Effect.callback<void>((resume) => {
    const decoder = new FrameDecoder()
    const connection = net.connect(socket)
    const size = { cols: 60 + Math.floor(next() * 100), rows: 20 + Math.floor(next() * 40) }
    const role = next() < 0.8 ? "attach" as const : next() < 0.5 ? "watch" as const : "query" as const
    const send = (type: number, payload: Buffer) => void connection.write(encodeFrame(type, payload))
    send(
      FrameType.hello,
      Control.hello.encode({ protocol: PROTOCOL, sesh: "0", role, client: randomUUID(), size, answers: true })
    )
    connection.on("data", (bytes: Buffer) => {
      for (const { payload, type } of frames(decoder, bytes)) {
        const isQuery = role === "query"
        if (type === FrameType.welcome && isQuery) send(FrameType.history, Control.history.encode({ ansi: true }))
        const isShown = type === FrameType.restore && (payload[8]! & RESTORE_LAST) !== 0
        if (!isShown && !(type === FrameType.lines && (payload[0]! & 1) !== 0)) continue
        if (role === "attach") send(FrameType.input, Buffer.concat([encodeOffset(0), Buffer.from("x\x1b[1;1Ry")]))
        // Some go without a word, as on a line that breaks.
        if (next() < 0.3) connection.destroy()
        else {
          if (!isQuery) send(FrameType.detach, Control.detach.encode({}))
          connection.end()
        }
      }
    })
    connection.on("error", () => {})
    connection.on("close", () => resume(Effect.void))
  })

const frames = (decoder: FrameDecoder, bytes: Buffer) => {
  const found: Array<{ readonly type: number; readonly payload: Buffer }> = []
  decoder.push(bytes, (type, payload) => void found.push({ type, payload: Buffer.from(payload) }))
  return found
}

const both = <A, B>(one: Effect.Effect<A>, other: Effect.Effect<B>) =>
  Effect.all([one, other], { concurrency: "unbounded", discard: true })

const program = Effect.gen(function*() {
  const inHome = yield* home
  const pipe = path.join(inHome.dir, "output")
  if (spawnSync("mkfifo", [pipe]).status !== 0) throw new Error("mkfifo failed")
  console.log(`${ATTACHES} attaches and ${REDRAWS} redraws at ${SIZE.cols} x ${SIZE.rows}, seed ${SEED}`)
  const { daemon, screen } = yield* create({
    home: inHome,
    peer: peers.sesh,
    session: SESSION,
    script: SCRIPT,
    args: [pipe],
    size: SIZE
  })
  yield* Effect.addFinalizer(() => end(daemon!))
  const socket = fs.readdirSync(inHome.dir, { recursive: true, encoding: "utf8" }).find((file) =>
    file.endsWith(`${SESSION}.sock`)
  )!
  const file = yield* Effect.acquireRelease(
    Effect.promise(() => fs.promises.open(pipe, "w")),
    (file) => Effect.promise(() => file.close())
  )
  const next = random(SEED)
  const first = Array.from({ length: FIRST_LINES }, () => line(next)).join("")
  yield* both(Effect.promise(() => file.writeFile(`${first}\x1b]2;${mark(0)}\x07`)), screen.shows(mark(0)))
  const used: Array<number> = []
  let drawn = 0
  let bytes = 0
  const begun = performance.now()
  for (let part = 1; part <= PARTS; part++) {
    const draw = Effect.gen(function*() {
      for (; drawn < REDRAWS * part / PARTS; drawn++) {
        const text = redraw(next, drawn)
        bytes += text.length
        yield* Effect.promise(() => file.writeFile(text))
      }
    })
    const visits = Effect.forEach(
      Array.from({ length: Math.round(ATTACHES / PARTS) }),
      () => visit(path.join(inHome.dir, socket), next),
      { concurrency: 4, discard: true }
    )
    yield* both(draw, visits)
    yield* both(Effect.promise(() => file.writeFile(`\x1b]2;${mark(part)}\x07`)), screen.shows(mark(part)))
    yield* Effect.sleep(QUIET_MS)
    used.push(memory(daemon!).anonymous)
  }
  const tenth = used[Math.ceil(PARTS / 10) - 1]!
  table(["the daemon's memory, MB", ""], [
    ["after the first tenth", shown(tenth)],
    ["at the end", shown(used.at(-1)!)],
    ["at most between the parts", shown(Math.max(...used))],
    ["all", used.map((mb) => mb.toFixed(0)).join(" ")],
    ["MB written", shown(bytes / 1e6)],
    ["seconds", shown((performance.now() - begun) / 1000)]
  ])
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
