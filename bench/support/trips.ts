/** How often each command goes to a host and back, and how soon an attachment is back after a cut. */
import * as Effect from "effect/Effect"
import * as fs from "node:fs"
import * as path from "node:path"
import { quote } from "../../src/schema/Shell.ts"
import { type Client, clientIn, cool, ECHO, master, runOn, screenOf, together } from "./client.ts"
import { type LongWay, longWay } from "./longWay.ts"
import { type Home, isInstalled, median, shown, table } from "./machine.ts"
import { READY } from "./peers.ts"
import { SESH } from "./turns.ts"

/** Milliseconds there and back: longer than what the host does meanwhile, so that no other traffic is counted. */
const RTT_MS = 400

/** Of a link across a continent. */
const CUT_RTT_MS = 100

const SESSION = "dev"

/** What is done. Kept: through a connection that is there already; cold: with none. */
const ROWS = [
  { what: "attach", isCold: false },
  { what: "smart", isCold: false },
  { what: "new", isCold: false },
  { what: "list", isCold: false },
  { what: "exec", isCold: false },
  { what: "attach", isCold: true },
  { what: "new", isCold: true },
  { what: "list", isCold: true },
  { what: "exec", isCold: true }
] as const

type What = typeof ROWS[number]["what"]

const TITLES: Readonly<Record<What, string>> = {
  attach: "attach",
  smart: "attach, host not named",
  new: "new session",
  list: "list",
  exec: "--exec"
}

interface Way {
  readonly name: string
  readonly env: Readonly<Record<string, string>>
  /** The commands that show a session are over with its first byte; the others with their end. */
  readonly command: (what: What, isCold: boolean, session: string) => ReadonlyArray<string> | undefined
  /** Its connections outlive their process. */
  readonly keeps: boolean
}

const shows = (what: What): boolean => what !== "list" && what !== "exec"

const sesh = (transport: string): Way => ({
  name: `sesh (${transport})`,
  env: { SESH_SSH: transport },
  keeps: transport === "openssh",
  command: (what, _, session) => {
    switch (what) {
      case "attach":
        return [SESH, "@h1", SESSION]
      case "smart":
        return [SESH, SESSION]
      case "new":
        return [SESH, "@h1", session, "--", "sh", "-c", ECHO]
      case "list":
        return [SESH, "@h1"]
      case "exec":
        return [SESH, "@h1", "--exec", session, "--", "true"]
    }
  }
})

const tmux = (home: string): Way => ({
  name: "ssh + tmux",
  env: {},
  keeps: true,
  command: (what, isCold, session) => {
    const ssh = ["ssh", ...isCold ? [] : master(home)]
    const make = (name: string) => `tmux -L bench -f /dev/null new -A -s ${name} ${quote(ECHO)}`
    switch (what) {
      case "attach":
        return [...ssh, "-t", "h1", make(SESSION)]
      case "smart":
        return undefined
      case "new":
        return [...ssh, "-t", "h1", make(session)]
      case "list":
        return [...ssh, "h1", "tmux -L bench ls"]
      case "exec":
        return [...ssh, "h1", "true"]
    }
  }
})

/** A host at the end of a long way. */
const farHost = Effect.fnUntraced(function*(inHome: Home) {
  const way = yield* Effect.acquireRelease(
    Effect.promise(longWay),
    ({ stop }) => Effect.promise(stop)
  )
  const client = yield* clientIn(inHome, "far", 1, {
    ground: "loopback",
    known: false,
    ssh: [`Port ${way.port}`, "StrictHostKeyChecking accept-new"]
  })
  const config = fs.readFileSync(path.join(client.home, ".ssh/config"), "utf8")
  way.leadTo(Number([...config.matchAll(/^Port (\d+)$/gm)].at(-1)![1]))
  return { client, way }
})

let sessions = 0

const measure = Effect.fnUntraced(function*(client: Client, way: Way, what: What, isCold: boolean) {
  const command = way.command(what, isCold, `bench-${sessions++}`)
  if (command === undefined) return Number.NaN
  if (!shows(what)) return yield* together(client, [command], way.env)
  const screen = yield* screenOf(client, way, command)
  return (yield* screen.shows(READY)) - screen.begun
}, Effect.scoped)

/** For whatever is still on its way from what was measured before. */
const QUIET_MS = 2 * RTT_MS

/** The round trips of each run, and the milliseconds of one with a way that takes no time. */
const count = Effect.fnUntraced(function*(client: Client, to: LongWay, way: Way, rounds: number) {
  const cells: Array<string> = []
  for (const { isCold, what } of ROWS) {
    if ((!isCold && !way.keeps) || way.command(what, isCold, "any") === undefined) {
      cells.push("-")
      continue
    }
    const times: Array<number> = []
    const trips: Array<number> = []
    for (let round = 0; round < rounds; round++) {
      to.setRtt(0)
      if (isCold) yield* cool(client)
      // Makes the connection that is kept.
      else yield* measure(client, way, "list", false)
      times.push(yield* measure(client, way, what, isCold))
      if (isCold) yield* cool(client)
      to.setRtt(RTT_MS)
      yield* Effect.promise(() => to.quiet(QUIET_MS))
      to.takeTrips()
      yield* measure(client, way, what, isCold)
      trips.push(to.takeTrips())
    }
    to.setRtt(0)
    cells.push(`${trips.join(" ")} (${median(times).toFixed(0)})`)
  }
  return cells
})

/** Counts round trips. */
export const countTrips = Effect.fnUntraced(function*(inHome: Home, rounds: number) {
  const { client, way: to } = yield* farHost(inHome)
  const ways = [sesh("openssh"), sesh("ssh2"), ...isInstalled("tmux") ? [tmux(client.home)] : []]
  const columns: Array<ReadonlyArray<string>> = []
  const made = yield* runOn(client, [SESH, "@h1", SESSION, "-d", "--", "sh", "-c", ECHO])
  if (made !== undefined) return yield* Effect.die(new Error(made))
  for (const way of ways) {
    // The first one makes the session, or is not counted.
    yield* measure(client, way, "attach", true)
    columns.push(yield* count(client, to, way, rounds))
    yield* cool(client)
  }
  table(
    [`round trips, ${rounds} runs (and ms at no distance)`].concat(ways.map(({ name }) => name)),
    ROWS.map(({ isCold, what }, row) =>
      [`${TITLES[what]}, ${isCold ? "cold" : "kept"}`].concat(columns.map((cells) => cells[row]!))
    )
  )
}, Effect.scoped)

/** What was typed during a cut is shown so many seconds after the way is there again. */
const comeBack = Effect.fnUntraced(function*(client: Client, to: LongWay, way: Way, seconds: number) {
  const screen = yield* screenOf(client, way, way.command("attach", false, "")!)
  yield* screen.shows(READY)
  to.cut()
  screen.type(`after-${seconds}~`)
  yield* Effect.sleep(seconds * 1000)
  const healed = performance.now()
  to.heal()
  return ((yield* screen.shows(`after-${seconds}~`)) - healed) / 1000
}, Effect.scoped)

/** Cuts of so many seconds. */
export const comeBackFrom = Effect.fnUntraced(function*(inHome: Home, cuts: ReadonlyArray<number>) {
  const { client, way: to } = yield* farHost(inHome)
  const made = yield* runOn(client, [SESH, "@h1", SESSION, "-d", "--", "sh", "-c", ECHO])
  if (made !== undefined) return yield* Effect.die(new Error(made))
  to.setRtt(CUT_RTT_MS)
  const ways = [sesh("openssh"), sesh("ssh2")]
  const rows: Array<ReadonlyArray<string>> = []
  for (const cut of cuts) {
    const cells: Array<string> = []
    for (const way of ways) cells.push(shown(yield* comeBack(client, to, way, cut)))
    rows.push([`a cut of ${cut} s`, ...cells])
  }
  yield* cool(client)
  table(["back, s after the link", ...ways.map(({ name }) => name)], rows)
}, Effect.scoped)
