/** The algorithms that a host is offered: what the library can do, without what is broken. */
import type { Algorithms } from "ssh2"
import type { HostConfig } from "./config/config.ts"
import { matchesList } from "./config/patterns.ts"

/** SHA-1 is left out everywhere, signatures (ssh-rsa) and MACs included: the library would still offer it. */
const KEX = [
  "curve25519-sha256",
  "curve25519-sha256@libssh.org",
  "ecdh-sha2-nistp256",
  "ecdh-sha2-nistp384",
  "ecdh-sha2-nistp521",
  "diffie-hellman-group-exchange-sha256",
  "diffie-hellman-group16-sha512",
  "diffie-hellman-group18-sha512",
  "diffie-hellman-group14-sha256"
]
const HOST_KEYS = [
  "ssh-ed25519",
  "ecdsa-sha2-nistp256",
  "ecdsa-sha2-nistp384",
  "ecdsa-sha2-nistp521",
  "rsa-sha2-512",
  "rsa-sha2-256"
]
/** The library runs the last one in JavaScript; the processor runs the others. */
const CIPHERS = [
  "aes128-gcm@openssh.com",
  "aes256-gcm@openssh.com",
  "aes128-ctr",
  "aes192-ctr",
  "aes256-ctr",
  "chacha20-poly1305@openssh.com"
]
const MACS = [
  "hmac-sha2-256-etm@openssh.com",
  "hmac-sha2-512-etm@openssh.com",
  "hmac-sha2-256",
  "hmac-sha2-512"
]

/**
 * Applies a user's list (ssh_config(5), Ciphers): `+more`, `-less`, `^first`, or a whole list. Unsupported names are
 * left out.
 */
export const choose = (ours: ReadonlyArray<string>, written: string | undefined): ReadonlyArray<string> => {
  if (written === undefined) return ours
  const list = written.replace(/^[+^-]/, "")
  const named = list.split(",").flatMap((pattern) => ours.filter((name) => matchesList(name, pattern)))
  const chosen = written.startsWith("+")
    ? ours
    : written.startsWith("-")
    ? ours.filter((name) => !named.includes(name))
    : written.startsWith("^")
    ? [...named, ...ours]
    : named
  return [...new Set(chosen)]
}

/** The signatures that a kind of host key makes. */
const signaturesOf = (type: string): ReadonlyArray<string> =>
  type === "ssh-rsa" ? ["rsa-sha2-512", "rsa-sha2-256"] : [type]

/** `known`: the kinds of keys on record for the host; they are asked for first. */
export const algorithmsFor = (config: HostConfig, known: ReadonlyArray<string>): Algorithms => {
  const hostKeys = choose(HOST_KEYS, config.get("hostkeyalgorithms"))
  const first = known.flatMap(signaturesOf).filter((name) => hostKeys.includes(name))
  return {
    kex: choose(KEX, config.get("kexalgorithms")),
    serverHostKey: [...new Set([...first, ...hostKeys])],
    cipher: choose(CIPHERS, config.get("ciphers")),
    hmac: choose(MACS, config.get("macs")),
    compress: ["none"]
  }
}

/** The first kind of algorithm of which the user's lists leave nothing. */
export const emptyOf = (algorithms: Algorithms): string | undefined =>
  Object.entries(algorithms).find(([, names]) => names.length === 0)?.[0]
