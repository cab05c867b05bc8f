/**
 * Attaching to a session with a full history, against an empty one: what the daemon takes (its protocol, spoken from
 * here), and the whole program, until the screen is complete. The first time in a session apart from later ones, for
 * which the daemon's code has been compiled.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as net from "node:net"
import * as path from "node:path"
import { hello } from "../src/layers/connection/handshake.ts"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import {
  encodeFrame,
  FrameDecoder,
  FrameType,
  HEADER_BYTES,
  OFFSET_BYTES,
  RESTORE_LAST
} from "../src/schema/protocol/Frame.ts"
import { VERSION } from "../src/schema/Version.ts"
import { type Home, home, median, rotated, setting, shown, table } from "./support/machine.ts"
import { wideLines, writeLines } from "./support/output.ts"
import { attach, create, HISTORY, type Peer, peers, READY } from "./support/peers.ts"

/** Sessions of each kind: so many times is the first. */
const SESSIONS = setting("SESH_BENCH_SESSIONS", 8)

/** Attachments to each session, of each way. */
const ATTACHMENTS = 3

const SIZE = { cols: 80, rows: 24 }

/** For the history to be parsed, which is put off until there is time. */
const REST_MS = 1500

/** The last thing on the screen is `READY`; in an empty session the only one. */
const SCRIPT = `stty -echo; \${1:+cat "$1"}; printf '${READY}'; read -r go`

interface Times {
  readonly first: number
  readonly last: number
  readonly bytes: number
}

/** Speaks the protocol: milliseconds from connecting to the first and to the last byte of the restore. */
const speak = (socket: string): Effect.Effect<Times> =>
  Effect.callback((resume) => {
    const begun = performance.now()
    const since = () => performance.now() - begun
    const decoder = new FrameDecoder()
    let received = 0
    let welcome = Number.POSITIVE_INFINITY
    let first: number | undefined
    let bytes = 0
    const connection = net.connect(socket)
    connection.write(encodeFrame(FrameType.hello, hello(VERSION, "attach", { client: "bench", size: SIZE })))
    connection.on("error", (error) => resume(Effect.die(error)))
    connection.on("data", (chunk: Buffer) => {
      const now = since()
      received += chunk.length
      decoder.push(chunk, (type, payload) => {
        if (type === FrameType.welcome) welcome = HEADER_BYTES + payload.length
        if (type !== FrameType.restore) return
        bytes += payload.length - OFFSET_BYTES - 1
        if ((payload[OFFSET_BYTES]! & RESTORE_LAST) === 0) return
        connection.destroy()
        resume(Effect.succeed({ first: first ?? now, last: now, bytes }))
      })
      if (received > welcome) first ??= now
    })
  })

/** Runs the program: milliseconds from its start to its first byte, and to its last. */
const run = Effect.fnUntraced(function*(home: Home, peer: Peer, session: string, until: string) {
  const screen = yield* attach(home, peer, session, SIZE)
  const { bytes, first, last } = yield* screen.settles(until)
  return { first: first - screen.begun, last: last - screen.begun, bytes } satisfies Times
}, Effect.scoped)

type Kind = "empty" | "full"

/** Times of one row of the table. */
interface Row {
  readonly name: string
  readonly times: Record<Kind, Array<Times>>
}

const row = (name: string): Row => ({ name, times: { empty: [], full: [] } })

const program = Effect.gen(function*() {
  const inHome = yield* home
  const lines = path.join(inHome.dir, "lines")
  writeLines(lines, (HISTORY + 1000) * SIZE.cols, wideLines(SIZE.cols))
  const kinds: ReadonlyArray<Kind> = ["empty", "full"]
  const present = peers.found([peers.sesh, peers.ring, peers.tmux, peers.dtach])
  const rows = new Map(present.map((peer) => [peer, {
    first: row(`${peer.name}: first attach, protocol`),
    later: row(`${peer.name}: later attach, protocol`),
    whole: row(`${peer.name}: whole program`)
  }]))
  const speaks = (peer: Peer) => peer === peers.sesh || peer === peers.ring

  const measure = Effect.fnUntraced(function*(peer: Peer, kind: Kind, session: string, time: number) {
    const { first, later, whole } = rows.get(peer)!
    if (speaks(peer)) {
      const target = time === 0 ? first : later
      target.times[kind].push(yield* speak(path.join(inHome.dir, ".sesh", `${session}.sock`)))
    }
    // dtach gives nothing back: it empties the screen.
    whole.times[kind].push(yield* run(inHome, peer, session, peer === peers.dtach ? "\x1b[J" : READY))
  })

  const cases = present.flatMap((peer, index) => kinds.map((kind) => ({ peer, kind, name: `${kind}-${index}` })))
  for (let round = 0; round < SESSIONS; round++) {
    for (const { kind, name, peer } of cases) {
      const args = kind === "full" ? [lines] : []
      const session = `${name}-${round}`
      yield* Effect.scoped(create({ home: inHome, peer, session, script: SCRIPT, args, size: SIZE }))
    }
    yield* Effect.sleep(REST_MS)
    for (let time = 0; time < ATTACHMENTS; time++) {
      const order = rotated(cases, round * ATTACHMENTS + time)
      for (const { kind, name, peer } of order) yield* measure(peer, kind, `${name}-${round}`, time)
    }
  }

  console.log(`attach at ${SIZE.cols} x ${SIZE.rows}, ${HISTORY} lines of history against none, medians`)
  const shownRows = [...rows.values()].flatMap(({ first, later, whole }) => [first, later, whole]).flatMap(
    ({ name, times }) => {
      if (times.full.length === 0) return []
      const of = (kind: Kind, field: keyof Times) => median(times[kind].map((one) => one[field]))
      const each = (field: "first" | "last") => {
        const [empty, full] = [of("empty", field), of("full", field)]
        return [shown(empty), shown(full), shown(full - empty)]
      }
      return [[name, String(times.full.length), ...each("first"), ...each("last"), shown(of("full", "bytes") / 1000)]]
    }
  )
  table(["ms", "n", "first byte: empty", "full", "+", "last byte: empty", "full", "+", "KB"], shownRows)
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
