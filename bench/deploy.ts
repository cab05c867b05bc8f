/**
 * `sesh --deploy` by a copy over slow links: seconds, and what goes over the link, to a host with zstd and to one with
 * gzip alone. SESH_BENCH_RATES: Mbit/s, `5,20` otherwise. SESH_BENCH_BEFORE: another executable, which is copied to the
 * latter too. The hosts are namespaces, and Linux shapes what is between them, so it takes root.
 */
import { spawn } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { type Host, inNamespaces, makeLab } from "../test/support/lab.ts"
import { processesOf } from "../test/support/processes.ts"
import { programsBut } from "../test/support/programsBut.ts"
import { until } from "../test/support/until.ts"
import { median, rotated, setting, shown, table } from "./support/machine.ts"
import { SESH } from "./support/turns.ts"

const ROUNDS = setting("SESH_BENCH_ROUNDS", 3)
const BEFORE = process.env["SESH_BENCH_BEFORE"]

/** Megabits per second. */
const RATES = (process.env["SESH_BENCH_RATES"] ?? "5,20").split(",").map(Number)

const root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sesh-bench-")))
const [client, there] = ["client", "hosts"].map((name) => path.join(root, name)) as [string, string]

/** Bytes that have arrived on a host. */
const received = (host: Host): number => Number(/eth0: *(\d+)/.exec(host.run("cat /proc/self/net/dev"))![1])

/** Ends the connection that is kept. */
const cool = () =>
  until("the end of the connection", () => {
    const left = processesOf(client)
    for (const pid of left.keys()) process.kill(pid, "SIGKILL")
    return left.size === 0
  })

const deploy = (prefix: ReadonlyArray<string>, sesh: string, host: Host): Promise<void> =>
  new Promise((resolve, reject) => {
    const env = { HOME: client, PATH: process.env["PATH"], SHELL: "/bin/sh", SESH_SANDBOX: client }
    const [file, ...args] = [...prefix, sesh, "--deploy", `@${host.name}`]
    const child = spawn(file!, args, { env, cwd: client, stdio: ["ignore", "pipe", "pipe"] })
    let said = ""
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (bytes) => void (said += String(bytes)))
    child.once("error", reject)
    child.once("close", () => /installed, as a copy$/m.test(said) ? resolve() : reject(new Error(said)))
  })

const measure = async (): Promise<void> => {
  for (const dir of [client, there]) fs.mkdirSync(dir, { mode: 0o700 })
  const lab = await makeLab(2, there, client, {
    sshd: ["ForceCommand PATH=\"$HOME/bin\" exec sh -c \"$SSH_ORIGINAL_COMMAND\""]
  })
  try {
    const [zstd, gzip] = lab.hosts as [Host, Host]
    programsBut(path.join(zstd.home, "bin"), ["npm", "node"])
    programsBut(path.join(gzip.home, "bin"), ["npm", "node", "zstd"])
    const ways = [
      ["this sesh, a host with zstd", SESH, zstd] as const,
      ["this sesh, a host with gzip", SESH, gzip] as const,
      ...BEFORE === undefined ? [] : [[`${BEFORE}, a host with gzip`, BEFORE, gzip] as const]
    ].map(([name, sesh, host]) => ({
      name,
      sesh,
      host,
      bytes: [] as Array<number>,
      seconds: new Map(RATES.map((rate) => [rate, [] as Array<number>]))
    }))
    for (const rate of RATES.toReversed()) {
      for (const { way } of lab.hosts) way.slow(rate * 1000 / 8)
      for (let round = 0; round < ROUNDS; round++) {
        for (const { bytes, host, seconds, sesh } of rotated(ways, round)) {
          fs.rmSync(path.join(host.home, ".local/bin/sesh"), { force: true })
          await cool()
          const [before, begin] = [received(host), performance.now()]
          await deploy(lab.prefix(), sesh, host)
          seconds.get(rate)!.push((performance.now() - begin) / 1000)
          bytes.push(received(host) - before)
        }
      }
    }
    console.log(`sesh --deploy by a copy, medians of ${ROUNDS}`)
    table(
      ["", "MB on disk", "MB on the link", ...RATES.map((rate) => `s at ${rate} Mbit/s`)],
      ways.map(({ bytes, name, seconds, sesh }) =>
        [name, shown(fs.statSync(sesh).size / 1e6), shown(median(bytes) / 1e6)].concat(
          RATES.map((rate) => shown(median(seconds.get(rate)!)))
        )
      )
    )
  } finally {
    await cool()
    await lab.stop()
  }
}

try {
  if (inNamespaces) await measure()
  else console.log("deployment: run as root on Linux, where namespaces with shaped links can be made")
} finally {
  fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 })
}
