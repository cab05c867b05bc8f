/**
 * Machines in namespaces of Linux: each with a network, a host name, processes and users of its own, on a switch. They
 * need no names on this system, and end with the process that holds them: also when the test is killed.
 */
import { type ChildProcess, spawn, spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Ground, Machine, Way } from "./ground.ts"
import { descendants } from "./sshd.ts"
import { until } from "./until.ts"

/**
 * Lays a directory over /etc, which nobody can write to then. A file bound over /etc/passwd would not stay: the kernel
 * drops such a mount in all namespaces as soon as somebody replaces the file in one, as `useradd` does. nscd, where it
 * runs, knows only this system's users: it must not be asked.
 */
const OVER_ETC = "mount -t overlay -o lowerdir=\"$1\":/etc overlay /etc" +
  " && { [ ! -d /run/nscd ] || mount -t tmpfs tmpfs /run/nscd; }"

/**
 * Holds a namespace while its standard input is open, which is as long as the test lives. `$1`: for /etc, `$2`: name.
 */
const HOLD = `${OVER_ETC} && hostname "$2" && ip link set lo up && echo ready && cat`

/** What a machine has of its own, and all of them but the client besides. */
const OWN = ["--net", "--mount", "--uts"]
const OWN_PROCESSES = ["--pid", "--fork", "--kill-child", "--mount-proc"]

const ANY_DIRECTORY = "/usr"

const PROBE = [
  OVER_ETC,
  "hostname probe",
  "ip link add name a type veth peer name b",
  "tc qdisc add dev a root blackhole",
  "tc qdisc add dev b root tbf rate 1mbit burst 16k latency 400ms"
].join(" && ")

/** Whether this user may do all that, on this kernel. */
export const available = (): boolean =>
  process.platform === "linux" && process.getuid?.() === 0 &&
  spawnSync("unshare", [...OWN, ...OWN_PROCESSES, "sh", "-c", PROBE, "sh", ANY_DIRECTORY]).status === 0

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
const hold = async (name: string, etc: string, processes: boolean): Promise<Held> => {
  const own = [...OWN, ...processes ? OWN_PROCESSES : []]
  const child = spawn("unshare", [...own, "sh", "-c", HOLD, "sh", etc, name], { stdio: ["pipe", "pipe", "pipe"] })
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

/** Containers mount these into /etc one by one, and what is mounted does not show through an overlay. */
const MOUNTED = ["hosts", "resolv.conf"]

/** Makes a directory to lie over /etc: this system's users, root with a home of its own. */
const makeEtc = (dir: string, home: string): string => {
  fs.mkdirSync(dir)
  const lines = fs.readFileSync("/etc/passwd", "utf8").split("\n").filter((line) => !line.startsWith("root:"))
  fs.writeFileSync(path.join(dir, "passwd"), [`root:x:0:0:root:${home}:/bin/bash`, ...lines].join("\n"))
  for (const file of MOUNTED) {
    if (fs.existsSync(`/etc/${file}`)) fs.copyFileSync(`/etc/${file}`, path.join(dir, file))
  }
  return dir
}

const NETWORK = "10.77.0"

/** `dir`: for files of the ground's own; the client lives in `home`. */
export const namespaces = async (dir: string, home: string): Promise<Ground> => {
  const etc = makeEtc(path.join(dir, "etc"), home)
  const bridge = await hold("switch", etc, true)
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

  const client = await hold("client", etc, false)
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
      const etc = makeEtc(path.join(dir, `etc-${name}`), home)
      let held: Held
      const up = async () => {
        held = await hold(name, etc, true)
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
