/** Transfers that broke. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fakeSesh, type HostOptions, Machines } from "../../fixtures/deployHosts.ts"
import { machine, OLD, test } from "../../fixtures/deployMachine.ts"
import { OURS } from "../../support/deploySuite.ts"
import { describeWith } from "../../support/needs.ts"
import { happens } from "../../support/sshSuite.ts"
import { valve } from "../../support/valve.ts"

const COPIED = { way: "copy", version: OURS } as const

/** Bytes that have arrived when the connection is cut, at least. */
const ARRIVED = 1_000_000

const sizeOf = (path: string): number => Fs.statSync(path, { throwIfNoEntry: false })?.size ?? 0

/** A host, and a connection to it with a rate (bytes per second), which can be cut. */
const slow = Effect.fnUntraced(function*(rate: number, options: HostOptions = {}) {
  const { ssh } = yield* Machines
  const own = fakeSesh(OURS, { bytes: 6_000_000 })
  const there = yield* machine({ sesh: OLD, own, ...options })
  const proxy = yield* Effect.acquireRelease(
    Effect.promise(() => valve(there.sshd.port, rate)),
    (proxy) => Effect.promise(proxy.stop)
  )
  ssh.host("cut", { Port: proxy.port })
  const bin = Path.join(there.home, ".local/bin")
  const hasArrived = (bytes: number) =>
    there.rubbish().some((dir) =>
      dir.startsWith(".sesh-part.")
        ? false
        : Fs.readdirSync(Path.join(bin, dir)).some((file) => sizeOf(Path.join(bin, dir, file)) > bytes)
    )
  return { ...there, own, bin, proxy, hasArrived }
})

/** A host, to which a transfer broke: what is there of it. */
const broken = Effect.fnUntraced(function*(options: HostOptions = {}) {
  const there = yield* slow(4_000_000, options)
  const error = yield* Effect.flip(there.deploy("cut", (progress) => {
    if (progress._tag === "Sending" && there.hasArrived(ARRIVED)) there.proxy.cut()
  }))
  const part = yield* Effect.map(
    happens("the part is kept", () => there.rubbish().length === 1 && there.rubbish()[0]!.startsWith(".sesh-part.")),
    () => Path.join(there.bin, there.rubbish()[0]!)
  )
  return { ...there, error, part }
})

describeWith(["ssh", "sshd", "ssh-keygen"], "a transfer that broke", () => {
  test(
    "leaves the old sesh working, and a part of the file; the next one sends the rest",
    Effect.gen(function*() {
      const there = yield* broken()
      assert.deepStrictEqual(
        [there.error.step, there.error.message.includes("kept for a day; try again, and the rest is sent")],
        ["connect", true]
      )
      assert.strictEqual(there.installed(), OLD)
      const { size } = Fs.statSync(there.part)
      assert.isAbove(size, ARRIVED)
      const sent: Array<number> = []
      const copied = yield* there.deploy("web", (progress) => {
        if (progress._tag === "Sending") sent.push(progress.sent)
      })
      assert.deepStrictEqual(copied, COPIED)
      assert.isAtLeast(Math.min(...sent), size)
      assert.strictEqual(there.installed(), there.own)
      assert.deepStrictEqual(there.rubbish(), [])
    })
  )

  test(
    "goes on without compression too",
    Effect.gen(function*() {
      const there = yield* broken({ without: ["gzip"] })
      assert.deepStrictEqual(yield* there.deploy(), COPIED)
      assert.strictEqual(there.installed(), there.own)
      assert.deepStrictEqual(there.rubbish(), [])
    })
  )

  for (
    const [what, spoil] of [
      ["is damaged", (part: string) => Fs.writeFileSync(part, Buffer.alloc(1000), { flag: "r+" })],
      ["has more than the file", (part: string) => Fs.appendFileSync(part, Buffer.alloc(10_000_000))]
    ] as const
  ) {
    test(
      `begins again where the part ${what}`,
      Effect.gen(function*() {
        const there = yield* broken()
        spoil(there.part)
        assert.deepStrictEqual(yield* there.deploy(), COPIED)
        assert.strictEqual(there.installed(), there.own)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )
  }

  test(
    "begins again with another file, whose part takes the place of this one",
    Effect.gen(function*() {
      const there = yield* broken()
      const other = there.part.replace(/[0-9a-f]{8}$/, "00000000")
      Fs.renameSync(there.part, other)
      assert.deepStrictEqual(yield* there.deploy(), COPIED)
      assert.deepStrictEqual(there.rubbish(), [])
    })
  )

  test(
    "belongs to one of two that go on at the same time",
    Effect.gen(function*() {
      const there = yield* broken()
      const both = yield* Effect.all([there.deploy(), there.deploy()], { concurrency: "unbounded" })
      assert.deepStrictEqual(both.map(({ version }) => version), [OURS, OURS])
      assert.strictEqual(there.installed(), there.own)
      assert.deepStrictEqual(there.rubbish(), [])
    })
  )

  test(
    "goes on although the host does not know yet that it broke",
    Effect.gen(function*() {
      const there = yield* slow(4_000_000)
      const error = yield* Effect.flip(there.deploy("cut", (progress) => {
        if (progress._tag === "Sending" && there.hasArrived(ARRIVED)) there.proxy.freeze()
      }))
      assert.deepStrictEqual([error.step, there.rubbish().length], ["connect", 1])
      const sent: Array<number> = []
      const copied = yield* there.deploy("web", (progress) => {
        if (progress._tag === "Sending") sent.push(progress.sent)
      })
      assert.deepStrictEqual([copied, there.installed()], [COPIED, there.own])
      assert.isAbove(Math.min(...sent), ARRIVED)
      there.proxy.cut()
      yield* happens("nothing is left", () => there.rubbish().length === 0)
    })
  )

  test(
    "leaves nothing when another has installed it meanwhile",
    Effect.gen(function*() {
      const there = yield* slow(200_000)
      const first = yield* Effect.forkChild(Effect.flip(there.deploy("cut")))
      yield* happens("some has arrived", () => there.hasArrived(0))
      assert.deepStrictEqual(yield* there.deploy(), COPIED)
      assert.strictEqual(there.rubbish().length, 1)
      there.proxy.cut()
      assert.strictEqual((yield* Fiber.join(first)).step, "connect")
      yield* happens("its directory is gone", () => !there.rubbish().some((name) => !name.startsWith(".sesh-part.")))
      assert.deepStrictEqual(there.rubbish(), [])
    })
  )

  test(
    "is forgotten after a day, by npm's installation too",
    Effect.gen(function*() {
      const there = yield* machine({ npm: true })
      const bin = Path.join(there.home, ".local/bin")
      Fs.mkdirSync(bin, { recursive: true })
      const twoDaysAgo = Date.now() / 1000 - 2 * 86_400
      for (const name of [".sesh-part.gzip.new", ".sesh-part.gzip.old"]) Fs.writeFileSync(Path.join(bin, name), "x")
      Fs.utimesSync(Path.join(bin, ".sesh-part.gzip.old"), twoDaysAgo, twoDaysAgo)
      assert.strictEqual((yield* there.deploy()).way, "npm")
      assert.deepStrictEqual(there.rubbish(), [".sesh-part.gzip.new"])
    })
  )
})
