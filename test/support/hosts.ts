/** Hosts of a test's own (lab.ts), and a client, all gone when the test is. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { onTestFinished } from "vitest"
import { type Host, inNamespaces, type LabOptions, makeLab } from "./lab.ts"
import { type Sandbox, sandbox, SESH } from "./sandbox.ts"

export { type Host, inNamespaces }

export interface HostsOptions extends LabOptions {
  /** Of the client's environment. */
  readonly env?: Record<string, string | undefined>
}

export interface Hosts {
  readonly client: Sandbox
  readonly hosts: ReadonlyArray<Host>
}

/** Makes so many hosts, for the test that runs now. */
export const hosts = async (count: number, options: HostsOptions = {}): Promise<Hosts> => {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sesh-hosts-")))
  onTestFinished(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  let prefix = (): ReadonlyArray<string> => []
  // On the loopback `ssh` is ours.
  const PATH = [path.join(dir, "bin"), path.dirname(SESH), process.env["PATH"]].join(":")
  const client = sandbox({ PATH, ...options.env }, () => prefix())
  const lab = await makeLab(count, dir, client.home, options)
  onTestFinished(lab.stop)
  prefix = lab.prefix
  return { client, hosts: lab.hosts }
}
