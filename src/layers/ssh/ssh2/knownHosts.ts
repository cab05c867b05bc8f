/** known_hosts: which host has which key (sshd(8), SSH_KNOWN_HOSTS FILE FORMAT). */
import { createHmac, randomBytes, timingSafeEqual } from "node:crypto"
import { matchesHosts } from "./config/patterns.ts"

/** A line of such a file. */
export interface Entry {
  readonly marker: "@revoked" | "@cert-authority" | undefined
  /** As in the file: names and patterns, or one hashed name. */
  readonly names: string
  readonly type: string
  /** Base64. */
  readonly key: string
  readonly file: string
  readonly line: number
}

/** What the files say about a host's key. */
export type Verdict =
  | { readonly _tag: "Known" }
  /** Another key, or this one is revoked: `entry` is the line that says so. */
  | { readonly _tag: "Changed"; readonly entry: Entry }
  /** No line is about this host. */
  | { readonly _tag: "Unknown" }
  /** Only a certificate authority is on record for its keys, which this transport cannot check. */
  | { readonly _tag: "Vouched"; readonly entry: Entry }

const hashOf = (name: string, salt: Buffer): Buffer => createHmac("sha1", salt).update(name).digest()

const isHashOf = (names: string, name: string): boolean => {
  const [, , salt, hash] = names.split("|")
  if (salt === undefined || hash === undefined) return false
  const wanted = Buffer.from(hash, "base64")
  const made = hashOf(name, Buffer.from(salt, "base64"))
  return wanted.length === made.length && timingSafeEqual(wanted, made)
}

/** Whether the line is about this name. A name is in lower case, with its port if that is not 22 ({@link nameOf}). */
export const isAbout = ({ names }: Entry, name: string): boolean =>
  names.startsWith("|1|") ? isHashOf(names, name) : matchesHosts(name, names)

/** The name of a host in such files. */
export const nameOf = (host: string, port: number): string =>
  port === 22 ? host.toLowerCase() : `[${host.toLowerCase()}]:${port}`

/** All entries of a file; invalid lines are skipped, as ssh does. */
export const parseKnownHosts = (text: string, file: string): ReadonlyArray<Entry> =>
  text.split("\n").flatMap((raw, index) => {
    const words = raw.trim().split(/[ \t]+/)
    const marker = words[0]?.startsWith("@") === true ? words.shift() : undefined
    const [names, type, key] = words
    if (names === undefined || names.startsWith("#") || type === undefined || key === undefined) return []
    if (marker !== undefined && marker !== "@revoked" && marker !== "@cert-authority") return []
    return [{ marker, names, type, key, file, line: index + 1 }]
  })

const isPlain = (entry: Entry): boolean => entry.marker === undefined

/** Judges a key. `bareName`: the name without its port, whose key counts too, as with ssh. */
export const judge = (entries: ReadonlyArray<Entry>, name: string, bareName: string, key: Buffer): Verdict => {
  const encoded = key.toString("base64")
  const about = entries.filter((entry) => isAbout(entry, name))
  const revoked = entries.find((entry) =>
    entry.marker === "@revoked" && entry.key === encoded && (isAbout(entry, name) || isAbout(entry, bareName))
  )
  if (revoked !== undefined) return { _tag: "Changed", entry: revoked }
  const plain = about.filter(isPlain)
  if (plain.some((entry) => entry.key === encoded)) return { _tag: "Known" }
  if (plain.length > 0) {
    const type = typeOf(key)
    return { _tag: "Changed", entry: plain.find((entry) => entry.type === type) ?? plain[0]! }
  }
  if (name !== bareName && entries.some((one) => isPlain(one) && one.key === encoded && isAbout(one, bareName))) {
    return { _tag: "Known" }
  }
  const vouched = about.find(({ marker }) => marker === "@cert-authority")
  return vouched === undefined ? { _tag: "Unknown" } : { _tag: "Vouched", entry: vouched }
}

/**
 * The kinds of keys on record for a name. They must be asked for first: with another kind the host would seem to have
 * changed.
 */
export const typesOf = (entries: ReadonlyArray<Entry>, name: string, bareName: string): ReadonlyArray<string> => {
  const types = (of: string) => entries.filter((entry) => isPlain(entry) && isAbout(entry, of)).map(({ type }) => type)
  const found = types(name)
  return [...new Set(found.length === 0 ? types(bareName) : found)]
}

/** The kind of a key, from the key itself: its first string (RFC 4253, section 6.6). */
export const typeOf = (key: Buffer): string => key.length < 4 ? "" : key.toString("latin1", 4, 4 + key.readUInt32BE(0))

/** A line for a key, hashed where the user wants that (HashKnownHosts). */
export const lineFor = (name: string, key: Buffer, hashed: boolean): string => {
  const salt = hashed ? randomBytes(20) : undefined
  const names = salt === undefined
    ? name
    : `|1|${salt.toString("base64")}|${hashOf(name, salt).toString("base64")}`
  return `${names} ${typeOf(key)} ${key.toString("base64")}\n`
}
