/**
 * Machines in namespaces of Linux: each with a network, a host name, processes and an /etc/passwd of its own, on a
 * switch. They need no names on this system, and end with whoever holds them: also when the test is killed.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Ground, Machine, Way } from "./ground.ts"
import { descendants } from "./sshd.ts"
import { until } from "./until.ts"

/** Holds a namespace while its standard input is open, which is as long as the test lives. `$1`: name, `$2`: passwd. */
const HOLD = "hostname \"$1\" && mount --bind \"$2\" /etc/passwd && ip link set lo up && echo ready && cat"

const PROBE = [
  "mount --bind /etc/passwd /etc/passwd",
  "hostname probe",
  "ip link add name a type veth peer name b",
  "tc qdisc add dev a root blackhole",
  "tc qdisc add dev b root tbf rate 1mbit burst 16k latency 400ms"
].join(" && ")

/** Whether this user may do all that, on this kernel. */
export const available = (): boolean =>
  process.platform === "linux" && process.getuid?.() === 0 &&
  spawnSync("unshare", ["--net", "--mount", "--pid", "--uts", "--fork", "--mount-proc", "sh", "-c", PROBE]).status === 0

const must = (command: ReadonlyArray<string>): void => {
  const { error, status, stderr } = spawnSync(command[0]!, command.slice(1), { encoding: "utf8" })
  if (status !== 0) throw new Error(`${command.join(" ")}: ${error?.message ?? stderr}`)
}

interface Held {
  readonly pid: number
  readonly end: () => Promise<void>
}

const ended = (child: ChildProcess) =>
  child.exitCode !== null || child.signalCode !== null
    ? Promise.resolve()
    : new Promise<void>((resolve) => void child.once("exit", () => resolve()))

/** With processes of its own, all end with it. Without, they are those of this system, and have their pids. */
const hold = async (name: string, passwd: string, processes: boolean): Promise<Held> => {
  const own = processes ? ["--pid", "--fork", "--kill-child", "--mount-proc"] : []
  const child = spawn("unshare", ["--net", "--mount", "--uts", ...own, "sh", "-c", HOLD, "sh", name, passwd], {
    stdio: ["pipe", "pipe", "pipe"]
  })
  const said = { out: "", err: "" }
  child.stdout.on("data", (bytes: Buffer) => void (said.out += String(bytes)))
  child.stderr.on("data", (bytes: Buffer) => void (said.err += String(bytes)))
  await until(`namespaces for ${name}`, () => said.out.includes("ready"), () => said.err)
  return {
    pid: processes ? descendants(child.pid!)[0]! : child.pid!,
    end: async () => {
      child.stdin.destroy()
      child.kill("SIGKILL")
      await ended(child)
    }
  }
}

/** The system's users, root with a home of his own. */
const writePasswd = (file: string, home: string): string => {
  const lines = fs.readFileSync("/etc/passwd", "utf8").split("\n").filter((line) => !line.startsWith("root:"))
  fs.writeFileSync(file, [`root:x:0:0:root:${home}:/bin/bash`, ...lines].join("\n"))
  return file
}

const NETWORK = "10.77.0"

/** `dir`: for files of the ground's own; the client lives in `home`. */
export const namespaces = async (dir: string, home: string): Promise<Ground> => {
  const bridge = await hold("switch", "/etc/passwd", true)
  const on = (pid: number, ...command: ReadonlyArray<string>) => must(["nsenter", "-t", String(pid), "-n", ...command])
  const onBridge = (...command: ReadonlyArray<string>) => on(bridge.pid, ...command)
  onBridge("ip", "link", "add", "name", "br0", "type", "bridge")
  onBridge("ip", "link", "set", "br0", "up")

  // A machine keeps its hardware address when it comes back: the others have it in their tables.
  const plug = (port: string, pid: number, host: number) => {
    const mac = `02:00:00:00:00:${host.toString(16).padStart(2, "0")}`
    const peer = ["peer", "name", "eth0", "address", mac, "netns", String(pid)]
    onBridge("ip", "link", "add", "name", port, "type", "veth", ...peer)
    on(pid, "ip", "addr", "add", `${NETWORK}.${host}/24`, "dev", "eth0")
    on(pid, "ip", "link", "set", "eth0", "up")
    onBridge("ip", "link", "set", port, "master", "br0", "up")
  }

  const client = await hold("client", writePasswd(path.join(dir, "passwd"), home), false)
  plug("client", client.pid, 1)
  const machines: Array<Machine> = []

  const wayTo = (name: string, pid: () => number): Way => {
    const queue = (...what: ReadonlyArray<string>) => ({
      to: () => onBridge("tc", "qdisc", "replace", "dev", name, "root", ...what),
      from: () => on(pid(), "tc", "qdisc", "replace", "dev", "eth0", "root", ...what)
    })
    // Fails where there is none.
    const plain = (pid: number, device: string) =>
      void spawnSync("nsenter", ["-t", String(pid), "-n", "tc", "qdisc", "del", "dev", device, "root"])
    return {
      cut: () => onBridge("ip", "link", "set", name, "down"),
      blackhole: (direction) => queue("blackhole")[direction](),
      slow: (kbytesPerSecond) => {
        const both = queue("tbf", "rate", `${kbytesPerSecond * 8}kbit`, "burst", "16k", "latency", "400ms")
        both.to()
        both.from()
      },
      heal: () => {
        onBridge("ip", "link", "set", name, "up")
        plain(bridge.pid, name)
        plain(pid(), "eth0")
      }
    }
  }

  return {
    prefix: () => ["nsenter", "-t", String(client.pid), "-n", "-m", "-u", "--"],
    machine: async (name, home) => {
      const host = 11 + machines.length
      const address = `${NETWORK}.${host}`
      const passwd = writePasswd(path.join(dir, `passwd-${name}`), home)
      let held: Held
      const up = async () => {
        held = await hold(name, passwd, true)
        plug(name, held.pid, host)
      }
      await up()
      const machine: Machine = {
        prefix: () => ["nsenter", "-t", String(held.pid), "-n", "-m", "-u", "-p", "--"],
        way: wayTo(name, () => held.pid),
        address,
        port: 22,
        listens: { address, port: 22 },
        env: [],
        down: async () => {
          onBridge("ip", "link", "del", name)
          await held.end()
        },
        up
      }
      machines.push(machine)
      return machine
    },
    stop: async () => {
      for (const { down } of machines) await down().catch(() => {})
      await client.end()
      await bridge.end()
    }
  }
}
