/** Hosts of a test's own (lab.ts), and a client, all gone when the test is. */
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, onTestFinished } from "vitest"
import { type Host, inNamespaces, type LabOptions, makeLab } from "./lab.ts"
import { type AtEnd, type Sandbox, sandbox, SESH } from "./sandbox.ts"

export { type Host, inNamespaces }

export interface HostsOptions extends LabOptions {
  /** Of the client's environment. */
  readonly env?: Record<string, string | undefined>
}

export interface Hosts {
  readonly client: Sandbox
  readonly hosts: ReadonlyArray<Host>
}

const make = async (count: number, options: HostsOptions, atEnd: AtEnd): Promise<Hosts> => {
  const dir = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sesh-hosts-")))
  atEnd(() => fs.rmSync(dir, { recursive: true, force: true, maxRetries: 5 }))
  let prefix = (): ReadonlyArray<string> => []
  // On the loopback `ssh` is ours.
  const PATH = [path.join(dir, "bin"), path.dirname(SESH), process.env["PATH"]].join(":")
  const client = sandbox({ PATH, ...options.env }, () => prefix(), atEnd)
  const lab = await makeLab(count, dir, client.home, options)
  atEnd(lab.stop)
  prefix = lab.prefix
  return { client, hosts: lab.hosts }
}

/** Makes so many hosts, for the test that runs now. */
export const hosts = (count: number, options: HostsOptions = {}): Promise<Hosts> => make(count, options, onTestFinished)

/** Makes so many hosts for all tests of a `describe`, which do not get into each other's way. */
export const sharedHosts = (count: number, options: HostsOptions = {}): () => Hosts => {
  const ends: Array<Parameters<AtEnd>[0]> = []
  let made: Hosts | undefined
  beforeAll(async () => {
    made = await make(count, options, (clean) => void ends.push(clean))
  })
  afterAll(async () => {
    for (const clean of ends.toReversed()) await clean()
  })
  return () => made!
}
