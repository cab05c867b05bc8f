/**
 * Not a byte lost, and none twice: numbered lines go both ways through a session on another host while its link is cut,
 * swallows one direction, or its sshd's connections are killed, at random points. The whole of it, by hand:
 * `SESH_TEST_LINES=1000000,100000 SESH_TEST_FAULTS=100 npm test -- test/e2e/resume.test.ts`.
 */
import { assert, it } from "@effect/vitest"
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as path from "node:path"
import { setTimeout as pause } from "node:timers/promises"
import { BEGIN, CODE, END, inLine, outLine } from "../fixtures/numbers.ts"
import { type Host, hosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"
import type { Sandbox } from "../support/sandbox.ts"
import { until } from "../support/until.ts"

const [OUT, IN] = (process.env["SESH_TEST_LINES"] ?? "20000,2000").split(",").map(Number) as [number, number]
const FAULTS = Number(process.env["SESH_TEST_FAULTS"] ?? 4)

/** Names the faults of a run: with the same one they come in the same order, at the same lines. */
const SEED = Number(process.env["SESH_TEST_SEED"] ?? Date.now() % 1_000_000)

const TRANSPORTS = (process.env["SESH_TEST_TRANSPORTS"] ?? "openssh,ssh2").split(",")

/** Milliseconds that a link stays bad: shorter, and longer, than it takes to be noticed (4 s). */
const BAD_MS = { least: 200, most: 7000 }

/** To notice, to connect again, and to catch up, for each fault; and to begin and to end. Milliseconds. */
const timeout = 60_000 + FAULTS * 30_000

const FIXTURE = path.resolve(import.meta.dirname, "../fixtures/numbers.ts")

/** mulberry32: random enough, and the same again from the same seed. Between 0 and 1. */
const randomFrom = (seed: number) => () => {
  seed = (seed + 0x6d2b79f5) | 0
  let mixed = Math.imul(seed ^ (seed >>> 15), 1 | seed)
  mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed
  return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32
}

interface Fault {
  readonly name: string
  readonly begin: (host: Host) => void
  readonly lasts: boolean
}

const faults: ReadonlyArray<Fault> = [
  { name: "cut", begin: ({ way }) => way.cut(), lasts: true },
  { name: "black hole to the host", begin: ({ way }) => way.blackhole("to"), lasts: true },
  { name: "black hole from the host", begin: ({ way }) => way.blackhole("from"), lasts: true },
  { name: "connections killed", begin: ({ killConnections }) => killConnections(), lasts: false },
  {
    name: "connections killed during a cut",
    begin: ({ killConnections, way }) => {
      way.cut()
      killConnections()
    },
    lasts: true
  }
]

const hashOf = (line: (index: number) => string, count: number): string => {
  const hash = createHash("sha256")
  for (let index = 0; index < count; index++) hash.update(line(index))
  return hash.digest("hex")
}

/** Between the marks of the program; what the client says around them is its own. */
const linesOf = (output: Buffer): Buffer =>
  output.subarray(output.indexOf(BEGIN) + BEGIN.length, Math.max(0, output.indexOf(END)))

/** Runs the session, with so many faults on the way: the hashes of what arrived on both sides, and how it ended. */
const run = async (client: Sandbox, host: Host, args: ReadonlyArray<string>, count: number) => {
  const report = path.join(host.home, "report")
  const command = [process.execPath, FIXTURE, String(OUT), String(IN), report]
  const { child, err, result } = client.start([...args, "numbers", "--", ...command])
  const chunks: Array<Buffer> = []
  let received = 0
  let head = ""
  let tail = ""
  child.stdout!.removeAllListeners("data").on("data", (bytes: Buffer) => {
    chunks.push(bytes)
    received += bytes.length
    if (head.length < 64 * 1024) head += bytes.toString("latin1")
    tail = (tail + bytes.toString("latin1")).slice(-1000)
  })
  const seen = () => `seed ${SEED}\n${err()}\n${tail}`
  await until("the program begins", () => head.includes(BEGIN), seen)

  const random = randomFrom(SEED)
  const points = Array.from({ length: count }, () => Math.floor(random() * IN)).toSorted((a, b) => a - b)
  const type = async (from: number, to: number) => {
    for (let index = from; index < to; index++) {
      if (!child.stdin!.write(inLine(index))) await new Promise((resolve) => child.stdin!.once("drain", resolve))
    }
  }
  let typed = 0
  for (const point of points) {
    // More may have been typed during the one before.
    await type(typed, point)
    typed = Math.max(typed, point)
    const { begin, lasts } = faults[Math.floor(random() * faults.length)]!
    begin(host)
    // Some of it is typed while nothing goes through.
    const during = Math.min(IN, typed + Math.floor(random() * 50))
    await type(typed, during)
    typed = during
    if (lasts) await pause(BAD_MS.least + random() * (BAD_MS.most - BAD_MS.least))
    host.way.heal()
    // Often, but not always, it flows again before the next one.
    if (random() < 0.2) continue
    const due = Math.floor(typed * OUT / IN) * outLine(0).length
    for (let patience = 2; received < due && patience > 0; patience--) {
      await until("it flows again", () => received >= due, seen).catch((cause: unknown) => {
        if (patience === 1) throw cause
      })
    }
  }
  await type(typed, IN)
  for (let patience = 3; !tail.includes(END) && patience > 0; patience--) {
    await until("the last line", () => tail.includes(END), seen).catch((cause: unknown) => {
      if (patience === 1) throw cause
    })
  }
  child.stdin!.write("end\n")
  const { code, err: said } = await result
  const out = createHash("sha256").update(linesOf(Buffer.concat(chunks))).digest("hex")
  return { out, in: fs.readFileSync(report, "utf8").trim(), code, said }
}

const whole = { out: hashOf(outLine, OUT), in: hashOf(inLine, IN), code: CODE }

describeWithHosts(`${OUT} numbered lines out and ${IN} in`, () => {
  it("are what they are in a session that is here", { timeout }, async () => {
    const { client, hosts: [h1] } = await hosts(1)
    const { said, ...result } = await run(client, h1!, [], 0)
    assert.deepStrictEqual(result, whole, said)
  })

  for (const transport of TRANSPORTS) {
    it(`arrive as they are, by ${transport}`, { timeout }, async () => {
      const { client, hosts: [h1] } = await hosts(1, { env: { SESH_SSH: transport } })
      const { said, ...result } = await run(client, h1!, ["@h1"], 0)
      assert.deepStrictEqual(result, whole, said)
    })

    it(`arrive as they are in spite of ${FAULTS} faults, by ${transport}`, { timeout }, async () => {
      const { client, hosts: [h1] } = await hosts(1, { env: { SESH_SSH: transport } })
      const { said, ...result } = await run(client, h1!, ["@h1"], FAULTS)
      assert.deepStrictEqual(result, whole, `seed ${SEED}\n${said}`)
    })
  }
})
