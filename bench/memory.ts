/**
 * Memory of a session's process, or of a tmux server with one session: what it shares with nobody, after it has been
 * left alone for three seconds.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as path from "node:path"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { end, type Home, home, median, memory, rotated, setting, shown, table } from "./support/machine.ts"
import { wideLines, writeLines } from "./support/output.ts"
import { create, type Peer, peers, READY } from "./support/peers.ts"

const ROUNDS = setting("SESH_BENCH_ROUNDS", 3)
const IDLE_MS = 3000
const ROWS = 24

/** More than any of them keeps, of lines and of bytes. */
const OUTPUT_BYTES = 6e6

const SCRIPT = `\${1:+cat "$1"}; printf '${READY}'; exec sh -i`

interface Stand {
  readonly name: string
  readonly cols: number
  /** Holds what it writes first. */
  readonly file: string | undefined
}

const stands = (dir: string): ReadonlyArray<Stand> => [
  { name: "at a prompt", cols: 80, file: undefined },
  ...[80, 200].map((cols) => {
    const file = path.join(dir, `lines-${cols}`)
    writeLines(file, OUTPUT_BYTES, wideLines(cols))
    return { name: `full history, ${cols} columns`, cols, file }
  })
]

let sessions = 0

/** A session that has got so far, and nobody is attached: its process. */
const begin = (home: Home, peer: Peer, { cols, file }: Stand) =>
  Effect.scoped(create({
    home,
    peer,
    session: `memory-${sessions++}`,
    script: SCRIPT,
    args: file === undefined ? [] : [file],
    size: { cols, rows: ROWS }
  }))

const program = Effect.gen(function*() {
  const inHome = yield* home
  const all = stands(inHome.dir)
  const cases = peers.found([peers.sesh, peers.ring, peers.tmux, peers.dtach]).flatMap((peer) =>
    all.map((stand) => ({ peer, stand, dirty: [] as Array<number>, anonymous: [] as Array<number> }))
  )
  for (let round = 0; round < ROUNDS; round++) {
    const pids = new Map<typeof cases[number], number>()
    for (const one of rotated(cases, round)) pids.set(one, (yield* begin(inHome, one.peer, one.stand)).daemon!)
    yield* Effect.sleep(IDLE_MS)
    for (const [{ anonymous, dirty }, pid] of pids) {
      const used = memory(pid)
      dirty.push(used.dirty)
      anonymous.push(used.anonymous)
    }
    yield* Effect.forEach(pids.values(), end, { concurrency: "unbounded" })
  }
  console.log(`memory of a session that nobody is attached to, MB, medians of ${ROUNDS}`)
  table(
    ["", "private dirty", "anonymous"],
    cases.map(({ anonymous, dirty, peer, stand }) => [
      `${peer.name}, ${stand.name}`,
      shown(median(dirty)),
      shown(median(anonymous))
    ])
  )
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
