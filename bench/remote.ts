/**
 * A session on another host: `sesh @host name` against `ssh -t host tmux attach` and a plain `ssh -t host`, and a
 * listing of many hosts against as many `ssh host true` at once. On hosts of the benchmark's own, without any network
 * worth the name between them: what is left is what each way costs by itself. Then one at the end of a long way: how
 * many round trips each command takes, and how soon an attachment is back after a cut.
 */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as path from "node:path"
import * as Pty from "../src/layers/pty/PtyNode.ts"
import { quote } from "../src/schema/Shell.ts"
import { SSHD } from "../test/support/lab.ts"
import { type Client, clientIn, cool, ECHO, master, runOn, screenOf, SIZE, together } from "./support/client.ts"
import { type Home, home, isInstalled, median, rotated, setting, shown, table } from "./support/machine.ts"
import { contents, writeLines } from "./support/output.ts"
import { DONE, HISTORY, READY } from "./support/peers.ts"
import { comeBackFrom, countTrips } from "./support/trips.ts"
import { SESH } from "./support/turns.ts"

const ROUNDS = setting("SESH_BENCH_ROUNDS", 11)
const KEYS = setting("SESH_BENCH_KEYS", 1000)
const MB = setting("SESH_BENCH_MB", 30)
const HOSTS = setting("SESH_BENCH_HOSTS", 20)

/** All of it, or some: one host, many hosts, round trips, cuts. */
const PARTS = (process.env["SESH_BENCH_PARTS"] ?? "one,many,trips,cuts").split(",")

/** Seconds. */
const CUTS = [1, 5, 60]

/** Says that it is there, then, told to go on, what is in a file. */
const FLOOD = `stty -echo; printf '${READY}'; read -r go; cat "$0"; printf '${DONE}'; read -r go`

/** Those that can be measured cold have connections of their own, which are kept. */
interface Way {
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
  /** Makes a session in which a script runs, without attaching; undefined where there is nothing but the connection. */
  readonly create: ((session: string, script: string, arg: string) => ReadonlyArray<string>) | undefined
  readonly attach: (session: string, script: string, arg: string) => ReadonlyArray<string>
  readonly keeps: boolean
}

const sesh = (transport: string): Way => ({
  name: `sesh @h1 (${transport})`,
  env: { SESH_SSH: transport },
  create: (session, script, arg) => [SESH, "@h1", session, "-d", "--", "sh", "-c", script, arg],
  attach: (session) => [SESH, "@h1", session],
  keeps: true
})

const tmux: Way = {
  name: "ssh -t h1 tmux attach",
  create: (session, script, arg) => {
    const settings = `start-server ; set -g history-limit ${HISTORY} ; set -g status off ;`
    const command = ["sh", "-c", script, arg].map(quote).join(" ")
    const words = `${settings} new-session -d -s ${session} -x ${SIZE.cols} -y ${SIZE.rows}`.replaceAll(" ;", " \\;")
    return ["ssh", "h1", `tmux -L bench -f /dev/null ${words} ${quote(command)}`]
  },
  attach: (session) => ["ssh", "-t", "h1", `tmux -L bench attach -t ${session}`],
  keeps: false
}

const plain: Way = {
  name: "ssh -t h1",
  create: undefined,
  attach: (_, script, arg) => ["ssh", "-t", "h1", ["sh", "-c", script, arg].map(quote).join(" ")],
  keeps: false
}

/** The same ways through a connection that the user keeps himself. */
const kept = (home: string, way: Way): Way => ({
  ...way,
  name: way.name.replace("ssh", "ssh (ControlMaster)"),
  attach: (...args) => {
    const [, ...rest] = way.attach(...args)
    return ["ssh", ...master(home), ...rest]
  },
  keeps: true
})

/** Milliseconds from the start of the program to its first byte, and to the session's. */
const arrive = Effect.fnUntraced(function*(client: Client, way: Way, session: string) {
  const screen = yield* screenOf(client, way, way.attach(session, ECHO, ""))
  const { first } = yield* screen.settles(READY)
  return first - screen.begun
}, Effect.scoped)

/** Milliseconds that a key takes there and back, of many. */
const keys = Effect.fnUntraced(function*(client: Client, way: Way, session: string) {
  const screen = yield* screenOf(client, way, way.attach(session, ECHO, ""))
  yield* screen.shows(READY)
  const times: Array<number> = []
  for (let key = 0; key < KEYS; key++) {
    // Nothing on the screen can be taken for it.
    const text = `k${String(key).padStart(4, "0")}`
    const begun = performance.now()
    screen.type(text)
    times.push((yield* screen.shows(text)) - begun)
  }
  return times.toSorted((a, b) => a - b)
}, Effect.scoped)

const flood = Effect.fnUntraced(function*(client: Client, way: Way, session: string, file: string, mb: number) {
  const screen = yield* screenOf(client, way, way.attach(session, FLOOD, file))
  yield* screen.shows(READY)
  const begun = performance.now()
  screen.type("\n")
  return mb / (((yield* screen.shows(DONE)) - begun) / 1000)
}, Effect.scoped)

let sessions = 0

/** A session for a way, with a script in it. Undefined when it cannot be made: then the way is left out. */
const make = Effect.fnUntraced(function*(client: Client, way: Way, script: string, arg = "") {
  const session = `bench-${sessions++}`
  const failure = way.create === undefined ? undefined : yield* runOn(client, way.create(session, script, arg), way.env)
  if (failure === undefined) return session
  console.log(`${way.name} does not work: left out; it said: ${failure}`)
  return undefined
})

const one = Effect.fnUntraced(function*(client: Client, dir: string) {
  const alone = isInstalled("tmux") ? [tmux, plain] : [plain]
  const installed = [sesh("openssh"), sesh("ssh2")].concat(alone, alone.map((way) => kept(client.home, way)))
  const ways: Array<{ way: Way; echo: string; cold: Array<number>; warm: Array<number> }> = []
  for (const way of installed) {
    const echo = yield* make(client, way, ECHO)
    if (echo !== undefined) ways.push({ way, echo, cold: [], warm: [] })
  }
  for (let round = 0; round < ROUNDS; round++) {
    for (const { cold, echo, warm, way } of rotated(ways, round)) {
      yield* cool(client)
      cold.push(yield* arrive(client, way, echo))
      if (way.keeps) warm.push(yield* arrive(client, way, echo))
    }
  }
  const file = path.join(dir, "flood")
  const [lines] = Object.values(contents)
  const mb = writeLines(file, MB * 1e6, lines!.lines()) / 1e6
  const rows: Array<ReadonlyArray<string>> = []
  for (const { cold, echo, warm, way } of ways) {
    const times = yield* keys(client, way, echo)
    const speeds: Array<number> = []
    for (let round = 0; round < Math.min(3, ROUNDS); round++) {
      const session = yield* make(client, way, FLOOD, file)
      if (session !== undefined) speeds.push(yield* flood(client, way, session, file, mb))
    }
    const of = (share: number) => shown(times[Math.floor((times.length - 1) * share)]!)
    rows.push([way.name, shown(median(cold)), shown(median(warm)), of(0.5), of(0.99), shown(median(speeds))])
  }
  table(["one host", "first byte, cold, ms", "warm", "key p50, ms", "p99", `${mb.toFixed(0)} MB of lines, MB/s`], rows)
})

const many = Effect.fnUntraced(function*(client: Client) {
  const names = client.lab.hosts.map(({ name }) => name)
  const rows: Array<ReadonlyArray<string>> = []
  for (const transport of ["openssh", "ssh2"]) {
    const env = { SESH_SSH: transport }
    const said = yield* Effect.forEach(names, (name) => runOn(client, [SESH, `@${name}`], env))
    const failure = said.find((words) => words !== undefined)
    if (failure !== undefined) {
      console.log(`sesh (${transport}) does not list hosts: left out; it said: ${failure}`)
      continue
    }
    const times = { cold: [] as Array<number>, warm: [] as Array<number> }
    for (let round = 0; round < ROUNDS; round++) {
      yield* cool(client)
      times.cold.push(yield* together(client, [[SESH]], env))
      times.warm.push(yield* together(client, [[SESH]], env))
    }
    rows.push([`sesh (${transport})`, shown(median(times.cold)), shown(median(times.warm))])
  }
  const others = { cold: [] as Array<number>, warm: [] as Array<number> }
  const asks = (...options: ReadonlyArray<string>) => names.map((name) => ["ssh"].concat(options, name, "true"))
  for (let round = 0; round < ROUNDS; round++) {
    yield* cool(client)
    others.cold.push(yield* together(client, asks()))
    yield* together(client, asks(...master(client.home)))
    others.warm.push(yield* together(client, asks(...master(client.home))))
  }
  rows.push([`${HOSTS} x ssh host true at once`, shown(median(others.cold)), shown(median(others.warm))])
  table([`${HOSTS} hosts listed`, "cold, ms", "warm, ms"], rows)
})

const times = Effect.fnUntraced(function*(inHome: Home, parts: ReadonlyArray<string>) {
  const client = yield* clientIn(inHome, "near", HOSTS)
  const failure = yield* runOn(client, ["ssh", "h1", "true"])
  if (failure !== undefined) return yield* Effect.die(new Error(`ssh h1: ${failure}`))
  console.log(`other hosts, at ${SIZE.cols} x ${SIZE.rows}, medians of ${ROUNDS}; a key is five bytes, ${KEYS} of them`)
  if (parts.includes("one")) yield* one(client, inHome.dir)
  if (parts.includes("many")) yield* many(client)
  yield* cool(client)
}, Effect.scoped)

const program = Effect.gen(function*() {
  if (!isInstalled("ssh") || !fs.existsSync(SSHD)) return console.log("other hosts: ssh and sshd are not installed")
  const inHome = yield* home
  if (PARTS.includes("one") || PARTS.includes("many")) yield* times(inHome, PARTS)
  if (PARTS.includes("trips")) yield* countTrips(inHome, Math.min(3, ROUNDS))
  if (PARTS.includes("cuts")) yield* comeBackFrom(inHome, CUTS)
})

NodeRuntime.runMain(program.pipe(Effect.scoped, Effect.provide(Pty.layer)))
