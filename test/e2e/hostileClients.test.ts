import { readFileSync } from "node:fs"
import { describe, expect, it } from "vitest"
import { frame, greeting, type HostileClient, hostileClient, input } from "../support/hostileClient.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

const MIB = 1024 * 1024

/** Its own memory, in bytes. */
const memory = (pid: number): number =>
  Number(/^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))![1]) * 1024

/** How long a command may take while a client does its worst: less than a session is waited for. */
const PROMPT_MS = 4000

/** A session, and what is done to it. */
const attacked = async (attack: (connect: () => Promise<HostileClient>, box: Sandbox) => Promise<void>) => {
  const box = sandbox()
  expect(await box.sesh(["-d", "dev", "--", "sh", "-c", "trap '' INT; stty raw -echo; exec sleep 600"])).toMatchObject({
    code: 0
  })
  const daemon = await box.daemon("dev")
  const before = memory(daemon)
  await attack(() => hostileClient(`${box.dir}/dev.sock`), box)
  return { box, grownBy: () => memory(daemon) - before }
}

/** It is listed, its clients are detached, and it ends, all at once. */
const isInReach = async ({ box, grownBy }: Awaited<ReturnType<typeof attacked>>, mostGrown = 64 * MIB) => {
  for (const args of [["--json"], ["--detach", "dev"], ["--kill", "dev"]]) {
    const begin = performance.now()
    const { code, err, out } = await box.sesh(args)
    expect({ args, code, err }).toMatchObject({ code: 0 })
    if (args[0] === "--json") {
      expect(JSON.parse(out)).toMatchObject({ sessions: [{ name: "dev", info: { name: "dev" } }] })
      expect(out).not.toContain("problem")
      expect(grownBy()).toBeLessThan(mostGrown)
    }
    expect(performance.now() - begin).toBeLessThan(PROMPT_MS)
  }
}

const HISTORY = frame(14, "{\"ansi\":true}")

/** Frames of a client that does not care, and how many of each are sent. */
const FLOODS: ReadonlyArray<readonly [what: string, role: string, frames: () => Buffer]> = [
  ["pings", "query", () => Buffer.concat(Array<Buffer>(50_000).fill(frame(11)))],
  ["long pings", "watch", () => Buffer.concat(Array<Buffer>(100).fill(frame(11, Buffer.alloc(65_536))))],
  ["pings that are too long", "query", () => Buffer.concat(Array<Buffer>(50).fill(frame(11, Buffer.alloc(MIB))))],
  ["empty inputs", "attach", () => Buffer.concat(Array<Buffer>(50_000).fill(input(0, "")))],
  ["single keys", "attach", () => Buffer.concat(Array.from({ length: 50_000 }, (_, at) => input(at, "x")))],
  ["sizes", "attach", () => {
    const sizes = Array.from({ length: 5000 }, (_, at) => ({ cols: 1 + at % 2000, rows: 1 + at % 400 }))
    return Buffer.concat(sizes.map((size) => frame(6, JSON.stringify(size))))
  }],
  ["signals", "query", () => {
    const kill = frame(9, JSON.stringify({ graceMs: 60_000, signal: "SIGINT" }))
    return Buffer.concat(Array<Buffer>(20_000).fill(kill))
  }],
  ["histories", "query", () => Buffer.concat(Array<Buffer>(5000).fill(HISTORY))],
  ["hellos", "query", () => Buffer.concat(Array<Buffer>(5000).fill(greeting("query")))],
  ["frames of no type", "query", () => Buffer.concat(Array<Buffer>(50_000).fill(frame(200)))]
]

describe("a session can be listed, detached and killed", () => {
  it.each(FLOODS)("while a client sends %s and reads nothing", async (_, role, frames) => {
    const session = await attacked(async (connect) => {
      const client = await connect()
      client.say(greeting(role))
      client.stopReading()
      client.say(frames())
    })
    await isInReach(session)
  })

  it.each(["attach", "watch", "send", "wait", "query", undefined])("while 200 clients stay: %s", async (role) => {
    const session = await attacked(async (connect) => {
      for (let i = 0; i < 200; i++) {
        const client = await connect()
        if (role !== undefined) client.say(greeting(role))
      }
    })
    await isInReach(session)
  })

  it("while half frames are never finished", async () => {
    const session = await attacked(async (connect) => {
      for (let i = 0; i < 60; i++) {
        const client = await connect()
        client.say(greeting("query"), frame(200, Buffer.alloc(MIB)).subarray(0, MIB))
        await client.said()
      }
    })
    await isInReach(session)
  })

  it("while clients come and go, and leave input that nobody reads", async () => {
    const session = await attacked(async (connect) => {
      for (let i = 0; i < 150; i++) {
        const client = await connect()
        client.say(greeting(i % 2 === 0 ? "attach" : "send"), input(0, Buffer.alloc(400_000)))
        await client.said()
        client.leave()
      }
    })
    await isInReach(session)
  })

  it("while 50 histories are not read", async () => {
    const session = await attacked(async (connect, box) => {
      expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0 })
      const script = "seq -f '%0200g' 1 6000; exec sleep 600"
      expect(await box.sesh(["-d", "dev", "--", "sh", "-c", script])).toMatchObject({ code: 0 })
      await until("all lines", async () => (await box.sesh(["--history", "dev"])).out.includes("6000\n"))
      for (let i = 0; i < 50; i++) {
        const client = await connect()
        client.stopReading()
        client.say(greeting("query"), HISTORY)
      }
    })
    expect((await session.box.sesh(["--history", "dev"])).out).toContain("6000\n")
    for (const args of [["--json"], ["--detach", "dev"], ["--kill", "dev"]]) {
      expect(await session.box.sesh(args)).toMatchObject({ code: 0 })
    }
  })

  it("though a client says that it runs in a session of any name", async () => {
    const session = await attacked(async (connect) => {
      for (const length of [60_000, 400_000]) {
        const client = await connect()
        client.say(greeting("attach", { within: "w".repeat(length) }))
        await client.said()
      }
    })
    await isInReach(session)
  })

  it("with few open files left", async () => {
    const box = sandbox()
    const made = await box.run("/bin/bash", ["-c", "ulimit -n 64; exec sesh -d dev -- sleep 600"])
    expect(made).toMatchObject({ code: 0 })
    for (let i = 0; i < 200; i++) {
      const client = await hostileClient(`${box.dir}/dev.sock`)
      if (i % 2 === 0) client.say(greeting("watch"))
    }
    for (const args of [["--json"], ["--detach", "dev"], ["--kill", "dev"]]) {
      expect(await box.sesh(args)).toMatchObject({ code: 0 })
    }
  })
})

describe("an attached client", () => {
  it("is detached in order, whatever the reason is", async () => {
    const box = sandbox()
    for (const reason of [Buffer.alloc(300_000, 0xff), Buffer.from("\\ud800"), Buffer.alloc(50_000, "r")]) {
      let shown = 0
      const client = await wire(box, ["dev", "--", "sh", "-c", "echo here; exec sleep 600"], {
        onData: ({ length }) => (shown += length)
      })
      await until("the client", () => shown > 0)
      const hostile = await hostileClient(`${box.dir}/dev.sock`)
      hostile.say(
        greeting("query"),
        frame(8, Buffer.concat([Buffer.from("{\"reason\":\""), reason, Buffer.from("\"}")]))
      )
      expect(await client.ended).toEqual({ code: 0 })
      expect(await box.file("err")).toMatch(/^\[detached from dev.*\]\n$/)
    }
  })
})

describe("--history", () => {
  it("prints lines that are longer than a frame", async () => {
    const box = sandbox()
    const script = "read go; head -c 2000000 /dev/zero | tr '\\0' x; echo; echo over; exec sleep 600"
    expect(await box.sesh(["-d", "dev", "--", "sh", "-c", script])).toMatchObject({ code: 0 })
    const wide = await hostileClient(`${box.dir}/dev.sock`)
    wide.say(greeting("attach", { size: { cols: 500, rows: 24 } }))
    await wide.hears(2)
    expect(await box.sesh(["--send", "dev", "go", "--enter"])).toMatchObject({ code: 0 })
    await until("the end", async () => (await box.sesh(["--history", "dev"])).out.endsWith("over\n"))
    for (const args of [["--history", "dev"], ["--history", "dev", "--ansi"]]) {
      const { code, err, out } = await box.sesh(args)
      expect({ code, err }).toEqual({ code: 0, err: "" })
      expect(out.split("\n").slice(1)).toEqual(["x".repeat(2_000_000), "over", ""])
    }
  })
})
