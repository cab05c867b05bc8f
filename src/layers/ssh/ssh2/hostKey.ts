/** Decides by its key whether a host is the one that the user means, before anything is sent to it. */
import * as Fs from "node:fs"
import * as Path from "node:path"
import { HostKeyChanged, HostKeyUnknown, SshMissing } from "../../../services/SshTransport.ts"
import { makeDirectories } from "../../system/ownDirectory.ts"
import { quietly } from "../../system/quietly.ts"
import { readFileUpTo } from "../../system/wholeFile.ts"
import { oneLine } from "../shared/sanitize.ts"
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
  readonly check: (key: Buffer) => HostKeyChanged | HostKeyUnknown | SshMissing | undefined
}

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

/** Whether the user refuses new keys (`StrictHostKeyChecking yes`); by default they are trusted and recorded. */
const isStrict = (config: HostConfig): boolean =>
  ["yes", "true"].includes(config.get("stricthostkeychecking")?.toLowerCase() ?? "ask")

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

  const unknown = (key: Buffer): HostKeyUnknown | undefined => {
    if (isStrict(config)) {
      const kind = oneLine(`no ${typeOf(key)} host key is known for ${name} and you have requested strict checking`)
      return new HostKeyUnknown({ host, words: kind })
    }
    const [path] = userKnownHosts
    // As with ssh: a key that cannot be recorded does not prevent the connection.
    if (path !== undefined) record(path, lineFor(name, key, config.flag("hashknownhosts", false)))
    return undefined
  }

  return {
    types: typesOf(entries, name, bareName),
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
