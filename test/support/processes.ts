import { readdirSync, readFileSync } from "node:fs"
import * as path from "node:path"

/** The built executable: e2e tests know nothing else of sesh. */
export const SESH = path.resolve(import.meta.dirname, "../../dist/sesh")

/**
 * The processes that are marked with a home (`SESH_SANDBOX`): their command lines by pid. An ssh that keeps a
 * connection writes its title over its environment: it counts by its control socket.
 */
export const processesOf = (home: string): Map<number, string> => {
  const found = new Map<number, string>()
  for (const entry of readdirSync("/proc").filter((name) => /^\d+$/.test(name))) {
    try {
      const command = readFileSync(`/proc/${entry}/cmdline`, "utf8").replaceAll("\0", " ").trim()
      const environ = readFileSync(`/proc/${entry}/environ`, "latin1").split("\0")
      if (environ.includes(`SESH_SANDBOX=${home}`) || command.startsWith(`ssh: ${home}/`)) {
        found.set(Number(entry), command)
      }
    } catch {
      // It has just ended.
    }
  }
  return found
}
