/** Decides by its key whether a host is the one that the user means, before anything is sent to it. */
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { HostKeyChanged, HostKeyUnknown, SshMissing } from "../../../services/SshTransport.ts"
import { makeDirectories } from "../../system/ownDirectory.ts"
import { quietly } from "../../system/quietly.ts"
import { readFileUpTo } from "../../system/wholeFile.ts"
import { oneLine } from "../shared/sanitize.ts"
import type { Ask } from "./ask.ts"
import type { HostConfig } from "./config/config.ts"
import { USE_OPENSSH } from "./errors.ts"
import { type Entry, judge, lineFor, nameOf, parseKnownHosts, typeOf, typesOf } from "./knownHosts.ts"
import type { ConfigPaths } from "./paths.ts"

/** Bytes: a known_hosts file with hundreds of thousands of hosts. */
const MAX_FILE_BYTES = 64 * 1024 * 1024

/** The keys on record for a host. */
export interface HostKeys {
  /** The kinds of keys on record. */
  readonly types: ReadonlyArray<string>
  /** Undefined: the host may be trusted; a new key has been recorded by then. */
  readonly check: (key: Buffer) => Distrust | undefined
  /** For users who want to be asked about a key that is unknown by that check. */
  readonly asked: ((key: Buffer, ask: Ask) => Promise<Distrust | undefined>) | undefined
}

/** Why a host is not trusted. */
type Distrust = HostKeyChanged | HostKeyUnknown | SshMissing

const read = (path: string): ReadonlyArray<Entry> =>
  quietly(() => parseKnownHosts(readFileUpTo(path, MAX_FILE_BYTES)?.toString("utf8") ?? "", path), [])

const endsInLine = (file: number): boolean => {
  const { size } = Fs.fstatSync(file)
  const last = Buffer.alloc(1)
  return size === 0 || Fs.readSync(file, last, 0, 1, size - 1) === 0 || last[0] === 0x0a
}

/** Appends with one write: lines of several processes do not mix. False: the file could not be written. */
const record = (path: string, line: string): boolean =>
  quietly(() => {
    makeDirectories(Path.dirname(path))
    const file = Fs.openSync(path, "a+", 0o600)
    try {
      const text = Buffer.from(endsInLine(file) ? line : `\n${line}`)
      return Fs.writeSync(file, text) === text.length
    } finally {
      Fs.closeSync(file)
    }
  }, false)

/** What the user wants done about new keys; who says nothing has them trusted and recorded. */
const policyOf = (config: HostConfig): "refuse" | "ask" | "accept" => {
  const said = config.get("stricthostkeychecking")?.toLowerCase()
  return said === "yes" || said === "true" ? "refuse" : said === "ask" ? "ask" : "accept"
}

/** As ssh-keygen and ssh show it. */
const fingerprintOf = (key: Buffer): string =>
  `SHA256:${createHash("sha256").update(key).digest("base64").replace(/=+$/, "")}`

/** Asks as ssh does, until the answer is one: `yes`, the fingerprint itself, or `no`. */
const isTrustedBy = async (ask: Ask, name: string, key: Buffer): Promise<boolean> => {
  const fingerprint = fingerprintOf(key)
  let question = `The authenticity of host '${oneLine(name)}' can't be established.\n` +
    `${oneLine(typeOf(key))} key fingerprint is ${fingerprint}.\n` +
    "Are you sure you want to continue connecting (yes/no/[fingerprint])? "
  for (;;) {
    const answer = (await ask(question, true))?.trim()
    if (answer === undefined || answer.toLowerCase() === "no") return false
    if (answer.toLowerCase() === "yes" || answer === fingerprint) return true
    question = "Please type 'yes', 'no' or the fingerprint: "
  }
}

/** Reads the keys on record. */
export const hostKeys = (
  config: HostConfig,
  { globalKnownHosts, userKnownHosts }: Pick<ConfigPaths, "globalKnownHosts" | "userKnownHosts">
): HostKeys => {
  const alias = config.get("hostkeyalias")
  const host = config.destination.name
  const name = alias?.toLowerCase() ?? nameOf(config.hostname, config.port)
  const bareName = alias === undefined ? nameOf(config.hostname, 22) : name
  const entries = [...userKnownHosts, ...globalKnownHosts].flatMap(read)

  const policy = policyOf(config)

  const distrust = (key: Buffer, why: string) =>
    new HostKeyUnknown({ host, words: oneLine(`no ${typeOf(key)} host key is known for ${name} and you ${why}`) })

  const trust = (key: Buffer): undefined => {
    const [path] = userKnownHosts
    // As with ssh: a key that cannot be recorded does not prevent the connection.
    if (path !== undefined) record(path, lineFor(name, key, config.flag("hashknownhosts", false)))
    return undefined
  }

  const unknown = (key: Buffer): HostKeyUnknown | undefined => {
    if (policy === "accept") return trust(key)
    return distrust(key, policy === "ask" ? "want to be asked" : "have requested strict checking")
  }

  return {
    types: typesOf(entries, name, bareName),
    asked: policy !== "ask"
      ? undefined
      : async (key, ask) => await isTrustedBy(ask, name, key) ? trust(key) : distrust(key, "do not trust this one"),
    check: (key) => {
      const verdict = judge(entries, name, bareName, key)
      switch (verdict._tag) {
        case "Known":
          return undefined
        case "Changed":
          return new HostKeyChanged({ host, file: oneLine(verdict.entry.file), line: verdict.entry.line, name })
        case "Vouched":
          return new SshMissing({
            problem: `the key of ${host} is vouched for by an authority (${
              oneLine(verdict.entry.file)
            }, line ${verdict.entry.line}), which only OpenSSH can check`,
            advice: USE_OPENSSH
          })
        case "Unknown":
          return unknown(key)
      }
    }
  }
}
