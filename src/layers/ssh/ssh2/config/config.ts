/** What the user's configuration says of a host, where there is no `ssh -G` to ask. */
import * as Result from "effect/Result"
import * as Path from "node:path"
import type { Destination as NamedDestination } from "../../../../schema/HostName.ts"
import { diskFiles } from "./files.ts"
import { BadConfig, expandHost, type Found, readConfig, type Setting, type Subject } from "./read.ts"
import { expand, type Tokens } from "./tokens.ts"

/** The keys that ssh tries by default (ssh(1)), as far as this transport can use them. */
const DEFAULT_IDENTITIES = ["id_rsa", "id_ecdsa", "id_ed25519"]

const DEFAULT_KNOWN_HOSTS = ["~/.ssh/known_hosts", "~/.ssh/known_hosts2"]
const GLOBAL_KNOWN_HOSTS = ["/etc/ssh/ssh_known_hosts", "/etc/ssh/ssh_known_hosts2"]

/** Settings that this transport cannot follow and must not ignore, and what switches each off: they need OpenSSH. */
const OPENSSH_ONLY: ReadonlyArray<readonly [keyword: string, name: string, off: ReadonlyArray<string>]> = [
  ["proxycommand", "ProxyCommand", ["none"]],
  ["knownhostscommand", "KnownHostsCommand", ["none"]],
  ["revokedhostkeys", "RevokedHostKeys", ["none"]],
  ["canonicalizehostname", "CanonicalizeHostname", ["no", "false"]],
  ["refuseconnection", "RefuseConnection", []]
]

/** The settings that matter to this transport: `Match exec` is a problem only when one of them depends on it. */
const USED = new Set([
  ...OPENSSH_ONLY.map(([keyword]) => keyword),
  "hostname",
  "port",
  "user",
  "identityfile",
  "identitiesonly",
  "identityagent",
  "proxyjump",
  "stricthostkeychecking",
  "userknownhostsfile",
  "globalknownhostsfile",
  "hostkeyalias",
  "hashknownhosts",
  "connecttimeout",
  "forwardagent",
  "addressfamily",
  "bindaddress",
  "batchmode",
  "numberofpasswordprompts",
  "pubkeyauthentication",
  "passwordauthentication",
  "kbdinteractiveauthentication",
  "challengeresponseauthentication",
  "preferredauthentications",
  "hostkeyalgorithms",
  "kexalgorithms",
  "ciphers",
  "macs",
  "tag"
])

/** The user, and where the configuration is. */
export interface ConfigSource {
  readonly home: string
  readonly uid: number
  readonly user: string
  readonly env: Readonly<Record<string, string | undefined>>
  /** The name of this machine. */
  readonly machine: string
  /** One file instead of the user's and the system's. */
  readonly only: string | undefined
}

/** A destination as the caller named it. */
export interface Destination extends NamedDestination {
  /** Jump hosts, whatever the configuration says; written as for ProxyJump. */
  readonly through?: string
}

export interface HostConfig {
  readonly destination: Destination
  readonly hostname: string
  readonly port: number
  readonly user: string
  /** The first value of a setting, as written. */
  readonly get: (keyword: string) => string | undefined
  readonly flag: (keyword: string, otherwise: boolean) => boolean
  /** As written, in order, with `none` and tokens. */
  readonly identityFiles: ReadonlyArray<string>
  readonly certificateFiles: ReadonlyArray<string>
  readonly userKnownHosts: ReadonlyArray<string>
  readonly globalKnownHosts: ReadonlyArray<string>
  /** The configuration names keys. */
  readonly hasOwnIdentities: boolean
  /** Expands `~`, tokens and variables. */
  readonly expand: (value: string) => Result.Result<string, BadConfig>
  /** What this host needs and only OpenSSH can do. */
  readonly needs: string | undefined
  /** All that matters to this transport, with its values: another one is another connection. */
  readonly key: string
}

const isAddress = (name: string): boolean => name.includes(":") || /^\d+(\.\d+){3}$/.test(name)

interface Reading {
  readonly found: Found
  readonly hostname: string
}

const read = (
  source: ConfigSource,
  destination: Destination,
  execResult: boolean
): Result.Result<Reading, BadConfig> => {
  const found: Found = { settings: new Map(), lists: new Map(), wantsFinal: false, exec: undefined }
  const given = (keyword: string, value: string | undefined) => {
    if (value !== undefined) found.settings.set(keyword, { values: [value], file: "", line: 0 })
  }
  given("user", destination.user)
  given("port", destination.port === undefined ? undefined : String(destination.port))
  given("proxyjump", destination.through)
  const pass = (host: string, isFinal: boolean) => {
    const subject: Subject = { original: destination.name, host, localUser: source.user, isFinal, execResult }
    const own = Path.join(source.home, ".ssh")
    const users = (checked: boolean) => diskFiles(source.home, source.uid, checked)
    if (source.only !== undefined) return readConfig(source.only, own, subject, users(false), found)
    return Result.flatMap(
      readConfig(Path.join(own, "config"), own, subject, users(true), found),
      () => readConfig("/etc/ssh/ssh_config", "/etc/ssh", subject, users(false), found)
    )
  }
  const name = () => {
    const setting = found.settings.get("hostname")?.values[0]
    const name = setting === undefined ? destination.name : expandHost(setting, destination.name)
    return isAddress(name) ? name : name.toLowerCase()
  }
  return Result.gen(function*() {
    yield* pass(destination.name, false)
    const hostname = name()
    if (!found.wantsFinal) return { found, hostname }
    found.settings.set("hostname", { values: [hostname.replaceAll("%", "%%")], file: "", line: 0 })
    yield* pass(hostname, true)
    return { found, hostname: name() }
  })
}

/** Every setting that matters to this transport, with what is to be said of its values. */
const fingerprint = ({ lists, settings }: Found, say: (setting: Setting) => unknown): string =>
  [...[...settings].map(([keyword, setting]): [string, Array<Setting>] => [keyword, [setting]]), ...lists]
    .filter(([keyword]) => USED.has(keyword))
    .map(([keyword, list]) => JSON.stringify([keyword, list.map(say)]))
    .toSorted()
    .join(",")

/** Where it stands. */
const placeOf = ({ file, line }: Setting) => `${file}:${line}`

/** `foundAfterExec`: the settings if every `Match exec` applied; the same as `found` where there is none. */
const needsOf = (found: Found, foundAfterExec: Found): string | undefined => {
  if (found.exec !== undefined && fingerprint(found, placeOf) !== fingerprint(foundAfterExec, placeOf)) {
    const { file, line, values } = found.exec
    return `Match ${values[0]} (${file}, line ${line})`
  }
  for (const [keyword, name, off] of OPENSSH_ONLY) {
    const setting = found.settings.get(keyword)
    if (setting !== undefined && !off.includes(setting.values[0]?.toLowerCase() ?? "")) {
      return `${name} (${setting.file}, line ${setting.line})`
    }
  }
  return undefined
}

const portOf = (found: Found): Result.Result<number, BadConfig> => {
  const setting = found.settings.get("port")
  if (setting === undefined) return Result.succeed(22)
  const { file, line, values } = setting
  const port = Number(values[0])
  return Number.isInteger(port) && port > 0 && port < 65_536
    ? Result.succeed(port)
    : Result.fail(new BadConfig({ file, line, problem: `${JSON.stringify(values[0])} is no port` }))
}

/** Fails where ssh would fail too. */
export const resolveHost = (
  source: ConfigSource,
  destination: Destination
): Result.Result<HostConfig, BadConfig> =>
  Result.gen(function*() {
    const { found, hostname } = yield* read(source, destination, false)
    const get = (keyword: string) => found.settings.get(keyword)?.values[0]
    const list = (keyword: string) => found.lists.get(keyword)?.map(({ values }) => values[0]!)
    const port = yield* portOf(found)
    const user = get("user") ?? source.user
    const tokens: Tokens = {
      d: source.home,
      h: hostname,
      i: String(source.uid),
      j: get("proxyjump") === "none" ? "" : get("proxyjump") ?? "",
      k: get("hostkeyalias") ?? destination.name,
      L: source.machine.split(".")[0]!,
      l: source.machine,
      n: destination.name,
      p: String(port),
      r: user,
      u: source.user
    }
    const foundAfterExec = found.exec === undefined ? found : (yield* read(source, destination, true)).found
    const config: HostConfig = {
      destination,
      hostname,
      port,
      user,
      get,
      flag: (keyword, otherwise) => {
        const value = get(keyword)?.toLowerCase()
        return value === undefined ? otherwise : value === "yes" || value === "true"
      },
      identityFiles: list("identityfile") ?? DEFAULT_IDENTITIES.map((name) => `~/.ssh/${name}`),
      hasOwnIdentities: found.lists.has("identityfile"),
      certificateFiles: list("certificatefile") ?? [],
      userKnownHosts: found.settings.get("userknownhostsfile")?.values ?? DEFAULT_KNOWN_HOSTS,
      globalKnownHosts: found.settings.get("globalknownhostsfile")?.values ?? GLOBAL_KNOWN_HOSTS,
      expand: (value) => expand(value, tokens, source.env),
      needs: needsOf(found, foundAfterExec),
      key: JSON.stringify([destination.name, hostname, fingerprint(found, ({ values }) => values)])
    }
    return config
  })

/** Parses ssh's name of a jump host: `user@host:port`, `ssh://user@host:port`. */
export const parseJump = (written: string): Result.Result<Destination, BadConfig> => {
  const found = /^(?:ssh:\/\/)?(?:(.*)@)?(\[[^\]]+\]|[^:/]+|[^/]*:[^/]*:[^/]*)(?::(\d+))?\/?$/.exec(written)
  const name = (found?.[2] ?? "").replace(/^\[(.*)\]$/, "$1")
  const user = found?.[1]
  if (!/^[\w.:%+=~-]+$/.test(name) || name.startsWith("-") || user?.startsWith("-") === true || user === "") {
    return Result.fail(new BadConfig({ problem: `ProxyJump ${JSON.stringify(written)} names no host` }))
  }
  return Result.succeed({ name, user, port: found?.[3] === undefined ? undefined : Number(found[3]) })
}

/** The last jump host on the way to this host; undefined: there is none. */
export const jumpOf = (config: HostConfig): Result.Result<Destination | undefined, BadConfig> => {
  const written = config.get("proxyjump")
  if (written === undefined || written.toLowerCase() === "none") return Result.succeed(undefined)
  const all = written.split(",")
  const last = parseJump(all.at(-1)!)
  return all.length === 1 ? last : Result.map(last, (jump) => ({ ...jump, through: all.slice(0, -1).join(",") }))
}
