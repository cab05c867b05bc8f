/**
 * A program writes as fast as it can, with a client attached: how fast is it, and what does it cost? Until its last
 * line is on the terminal, for all alike; tmux draws only a part of what comes before.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as path from "node:path"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { cpuMs, end, type Home, home, median, rotated, setting, shown, table } from "./support/machine.ts"
import { contents, writeLines } from "./support/output.ts"
import { create, DONE, type Peer, peers, READY } from "./support/peers.ts"

const MB = setting("SESH_BENCH_MB", 60)
const ROUNDS = setting("SESH_BENCH_ROUNDS", 5)
const SIZE = { cols: 80, rows: 24 }

/** A session is left alone before, to be through with starting, and after, for what is put off until there is time. */
const REST_MS = 400

const SCRIPT = `stty -echo; printf '${READY}'; read -r go; cat "$1"; printf '${DONE}'; read -r go`

interface Sample {
  readonly mbPerSecond: number
  /** CPU milliseconds per MB, until the last line is there. */
  readonly daemon: number
  readonly client: number
  /** CPU milliseconds of the daemon for what it has put off. */
  readonly after: number
}

let sessions = 0

const flood = Effect.fnUntraced(function*(home: Home, peer: Peer, file: string, mb: number) {
  const session = `flood-${sessions++}`
  const { daemon, screen } = yield* create({ home, peer, session, script: SCRIPT, args: [file], size: SIZE })
  if (daemon !== undefined) yield* Effect.addFinalizer(() => end(daemon))
  yield* Effect.sleep(REST_MS)
  const cpu = () => ({ daemon: daemon === undefined ? Number.NaN : cpuMs(daemon), client: cpuMs(screen.pid) })
  const before = cpu()
  const begun = performance.now()
  screen.type("\n")
  const seconds = ((yield* screen.shows(DONE)) - begun) / 1000
  const shown = cpu()
  yield* Effect.sleep(REST_MS)
  return {
    mbPerSecond: mb / seconds,
    daemon: (shown.daemon - before.daemon) / mb,
    client: daemon === undefined ? Number.NaN : (shown.client - before.client) / mb,
    after: cpu().daemon - shown.daemon
  } satisfies Sample
}, Effect.scoped)

const program = Effect.gen(function*() {
  const inHome = yield* home
  const present = peers.found([peers.plain, peers.sesh, peers.ring, peers.dtach, peers.tmux])
  console.log(`flood at ${SIZE.cols} x ${SIZE.rows}, one client attached, medians of ${ROUNDS}`)
  for (const [name, { lines, share }] of Object.entries(contents)) {
    const file = path.join(inHome.dir, "flood")
    const mb = writeLines(file, MB * share * 1e6, lines()) / 1e6
    const samples = new Map(present.map((peer) => [peer, [] as Array<Sample>]))
    for (let round = 0; round < ROUNDS; round++) {
      for (const peer of rotated(present, round)) samples.get(peer)!.push(yield* flood(inHome, peer, file, mb))
    }
    const of = (peer: Peer, field: keyof Sample) => median(samples.get(peer)!.map((sample) => sample[field]))
    const fields = ["mbPerSecond", "daemon", "client", "after"] as const
    const rows = present.map((peer) => [peer.name].concat(fields.map((field) => shown(of(peer, field)))))
    // Of runs that follow each other: what else the machine does changes within minutes.
    const ratio = (field: keyof Sample) =>
      median(samples.get(peers.sesh)!.map((sample, round) => sample[field] / samples.get(peers.ring)![round]![field]))
    const ratios = fields.slice(0, -1).map((field) => shown(ratio(field)))
    const head = [`${name}, ${mb.toFixed(0)} MB`, "MB/s", "daemon ms/MB", "client ms/MB", "ms afterwards"]
    table(head, [...rows, ["sesh / SESH_SCROLLBACK=0", ...ratios, ""]])
  }
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
