import { randomBytes } from "node:crypto"
import { readFileSync } from "node:fs"
import * as net from "node:net"
import { describe, expect, it, onTestFinished } from "vitest"
import { describeWith } from "../support/needs.ts"
import { type Sandbox, sandbox } from "../support/sandbox.ts"
import { type Terminal, terminal } from "../support/terminal.ts"
import { until } from "../support/until.ts"
import { wire } from "../support/wire.ts"

const MIB = 1024 * 1024

/** A frame as docs/protocol.md has it. */
const frame = (type: number, payload: Buffer | string): Buffer => {
  const bytes = Buffer.from(payload as string)
  const header = Buffer.alloc(5)
  header[0] = type
  header.writeUInt32BE(bytes.length, 1)
  return Buffer.concat([header, bytes])
}

const GREETING = { protocol: { major: 1, minor: 0 }, sesh: "0.0.0", role: "attach", client: "attacker" }

const HELLO = frame(1, JSON.stringify(GREETING))

/** Somebody who connects and does not keep to the protocol. */
const attacker = async (box: Sandbox, name: string) => {
  const socket = net.connect(`${box.dir}/${name}.sock`)
  onTestFinished(() => void socket.destroy())
  let received = 0
  let closed = false
  socket.on("data", (bytes) => (received += bytes.length))
  socket.on("error", () => {})
  socket.on("close", () => (closed = true))
  await new Promise<void>((resolve) => socket.once("connect", resolve))
  return {
    say: (bytes: Buffer) => void socket.write(bytes),
    isWelcome: () => until("the welcome", () => received > 0),
    isDropped: () => until("the end of the connection", () => closed)
  }
}

/** The session of this terminal does what it should. */
const works = async (t: Terminal, word: string) => {
  t.run(`clear; echo ${word}`)
  await t.shows(new RegExp(`^${word}\\n\\$$`))
}

/** A terminal at the prompt of a session, whose memory is known. */
const attached = async (box = sandbox()) => {
  const t = await terminal(box)
  t.run("sesh dev")
  await t.prompt("$")
  const daemon = await box.daemon("dev")
  const before = memory(daemon)
  return { box, t, daemon, grownBy: () => memory(daemon) - before }
}

/** Its own memory: pages of the executable are shared by all sessions and can be dropped at any time. */
const memory = (pid: number): number => {
  const [, kilobytes] = /^RssAnon:\s+(\d+) kB$/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))!
  return Number(kilobytes) * 1024
}

/** A flood is as fast as the machine has time for it. */
const FLOOD_PATIENCE_MS = 60_000

/**
 * The most memory that the session had while its terminal was flooded. What a full history takes, and a flood by
 * itself, is not at issue: such peaks are compared.
 */
const flooded = async (t: Terminal, daemon: number, bytes: number) => {
  let most = 0
  t.run(`clear; yes $(printf %0999d 7) | head -c ${bytes}; clear; echo ${bytes} are over`)
  await until(
    "the end of the flood",
    () => {
      most = Math.max(most, memory(daemon))
      return new RegExp(`^${bytes} are over\\n\\$$`).test(t.screen())
    },
    t.screen,
    FLOOD_PATIENCE_MS
  )
  return most
}

describeWith(["tmux"], "a session and its other clients go on", () => {
  it("when somebody talks garbage", async () => {
    const { box, grownBy, t } = await attached()
    const words = [
      randomBytes(100_000),
      Buffer.from("GET / HTTP/1.1\r\nHost: dev\r\n\r\n"),
      frame(1, "not json"),
      frame(1, JSON.stringify({ protocol: { major: 1, minor: 0 } })),
      frame(5, Buffer.alloc(8)),
      Buffer.alloc(5, 0xff),
      Buffer.concat([HELLO, frame(5, "short")]),
      Buffer.concat([HELLO, frame(5, Buffer.alloc(1000, 0xff))]),
      Buffer.concat([HELLO, frame(6, "{\"cols\":0,\"rows\":-1}")]),
      Buffer.concat([HELLO, Buffer.from([5, 0xff, 0xff, 0xff, 0xff])])
    ]
    for (const bytes of words) {
      const somebody = await attacker(box, "dev")
      somebody.say(bytes)
      await somebody.isDropped()
    }
    await works(t, "well")
    expect((await box.sessions())[0]!.info).toMatchObject({
      clients: [{ role: "attach" }],
      size: { cols: 80, rows: 24 }
    })
    expect(grownBy()).toBeLessThan(32 * MIB)
  })

  it("when somebody has the largest terminal that can be said", async () => {
    const { box, grownBy, t } = await attached()
    const size = { cols: 65_535, rows: 65_535 }
    for (const role of ["attach", "watch"]) {
      const somebody = await attacker(box, "dev")
      somebody.say(frame(1, JSON.stringify({ ...GREETING, client: role, role, size })))
      await somebody.isWelcome()
    }
    await until(
      "its size, as far as the session takes it",
      async () => (await box.sessions())[0]!.info.size.cols === 2000
    )
    await works(t, "well")
    expect(grownBy()).toBeLessThan(32 * MIB)
  })

  it("when somebody says half a frame and falls silent", async () => {
    const { box, t } = await attached()
    const silent = [
      Buffer.alloc(0),
      HELLO.subarray(0, 3),
      HELLO.subarray(0, 50),
      Buffer.concat([HELLO, frame(5, Buffer.alloc(MIB)).subarray(0, 1000)])
    ]
    for (const bytes of silent) (await attacker(box, "dev")).say(bytes)
    await works(t, "well")
    const other = await terminal(box)
    other.run("sesh dev")
    await other.shows("well")
    await works(other, "too")
  })

  it("when somebody types more than anybody reads", async () => {
    const { box, grownBy, t } = await attached()
    t.run("stty raw -echo; sleep 600")
    await box.process("sleep 600")
    const somebody = await attacker(box, "dev")
    somebody.say(HELLO)
    await somebody.isWelcome()
    // 32 MiB, of which the window allows 256 KiB.
    for (let at = 0; at < 64; at++) {
      const payload = Buffer.alloc(8 + MIB / 2, "x")
      payload.writeBigUInt64BE(BigInt(at * MIB / 2))
      somebody.say(frame(5, payload))
    }
    await somebody.isDropped()
    expect(grownBy()).toBeLessThan(32 * MIB)
    t.type("C-\\")
    await t.shows("[detached from dev]")
    expect(await box.sesh(["--kill", "dev"])).toMatchObject({ code: 0 })
  })

  it("when one client is stopped during a flood, which costs the session no memory", async () => {
    const box = sandbox()
    const stopped = await terminal(box)
    // Its shell does not look after stopped programs: it stays in the foreground.
    stopped.run("sh -c 'sesh dev; exit'")
    await stopped.prompt("$")
    const client = await box.process("sesh dev")
    const { daemon, t } = await attached(box)
    const before = await flooded(t, daemon, 12_000_000)
    process.kill(client, "SIGSTOP")
    // Thrice what the session may grow by.
    expect(await flooded(t, daemon, 96_000_000) - before).toBeLessThan(32 * MIB)
    await works(t, "well")
    // The one that was stopped goes on with what is shown now.
    process.kill(client, "SIGCONT")
    await stopped.shows(/^well\n\$$/m)
    await works(stopped, "here")
    await t.shows(/^here\n\$$/)
  }, 2 * FLOOD_PATIENCE_MS)
})

describe("a terminal that hangs", () => {
  it("can be left by Ctrl-\\ in the middle of a flood", async () => {
    const box = sandbox()
    let shown = 0
    const hanging = await wire(box, ["dev", "--", "yes", "on and on"], { onData: (bytes) => (shown += bytes.length) })
    await until("the flood", () => shown > MIB)
    hanging.pause()
    const client = await box.process("sesh dev -- yes on and on")
    await hanging.type([Buffer.from([0x1c])])
    await until("the client's end", () => !box.processes().has(client))
    await box.clients("dev", 0)
    hanging.resume()
    expect(await hanging.ended).toEqual({ code: 0 })
    expect(await box.file("err")).toBe("[detached from dev]\n")
  })

  it("can be left by Ctrl-\\ after a paste that the program does not read", async () => {
    const box = sandbox()
    let shown = ""
    const program = ["sh", "-c", "stty raw -echo; echo ready; exec sleep 600"]
    const t = await wire(box, ["dev", "--", ...program], { onData: (bytes) => (shown += bytes.toString()) })
    await until("the program", () => shown.includes("ready"))
    void t.type([Buffer.alloc(MIB, "x"), Buffer.from([0x1c])])
    expect(await t.ended).toEqual({ code: 0 })
  })
})
