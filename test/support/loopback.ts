/**
 * Machines that are played on the loopback, where namespaces cannot be had: each a home and an sshd, behind a port of
 * the test's. Processes, host name and users are those of this system.
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { gate } from "./gate.ts"
import type { Ground, Machine } from "./ground.ts"
import { ownSsh } from "./ownSsh.ts"
import { processesOf } from "./processes.ts"
import { freePort } from "./sshd.ts"
import { until } from "./until.ts"

/** sshd and bash go by the home that the system knows; from here on it is this one. */
const GO_HOME = "cd\n"

const killAll = (home: string) =>
  until(`the end of all that runs in ${home}`, () => {
    const left = processesOf(home)
    for (const pid of left.keys()) {
      try {
        process.kill(pid, "SIGKILL")
      } catch {
        // It has just ended.
      }
    }
    return left.size === 0
  })

/** `dir`: for files of the ground's own; `bin/ssh` there goes before all others on the client's PATH. */
export const loopback = async (dir: string, home: string): Promise<Ground> => {
  const bin = path.join(dir, "bin")
  ownSsh(bin, `${home}/.ssh/config`)
  const stops: Array<() => Promise<unknown>> = []
  const machine = async (_: string, home: string): Promise<Machine> => {
    const port = await freePort()
    const way = await gate(port)
    for (const file of [".bashrc", ".profile"]) {
      const name = path.join(home, file)
      fs.writeFileSync(name, GO_HOME + fs.readFileSync(name, "utf8"))
    }
    const down = async () => void await killAll(home)
    stops.push(down, way.stop)
    return {
      prefix: () => ["env", `HOME=${home}`],
      way,
      address: "127.0.0.1",
      port: way.port,
      listens: { address: "127.0.0.1", port },
      env: [`HOME=${home}`],
      down,
      up: () => Promise.resolve()
    }
  }
  return {
    prefix: () => [],
    machine,
    stop: async () => {
      for (const stop of stops) await stop()
    }
  }
}
