/** The keys that a host may be offered: the agent's, and those in files. */
import * as Fs from "node:fs"
import type * as Ssh2 from "ssh2"
import type { OpenSSHAgent, ParsedKey } from "ssh2"
import { quietly } from "../../system/quietly.ts"
import { readFileUpTo } from "../../system/wholeFile.ts"
import { oneLine } from "../shared/sanitize.ts"
import { agentKinds } from "./agentKinds.ts"
import type { Ask } from "./ask.ts"
import type { HostConfig } from "./config/config.ts"
import type { ConfigPaths } from "./paths.ts"
import { publicPart } from "./publicPart.ts"

type Library = typeof Ssh2

/** Tries to type a passphrase or a password (NumberOfPasswordPrompts). */
export const MAX_TRIES = 3

/** Bytes of a key file. */
const MAX_KEY_BYTES = 64 * 1024

/** The modes that ssh calls too open. */
const READABLE_BY_OTHERS = 0o077

const ENCRYPTED = /no passphrase given/i

/** A key: its public half, and a way to sign with the private one. */
export interface Identity {
  readonly key: ParsedKey
  readonly sign: (data: Buffer, hash: string | undefined) => Promise<Buffer>
}

export interface Identities {
  readonly usable: ReadonlyArray<Identity>
  /** Why other keys are not usable: for the message of a refused authentication. */
  readonly skipped: ReadonlyArray<string>
}

const read = (path: string): Buffer | undefined => quietly(() => readFileUpTo(path, MAX_KEY_BYTES))

const isReadableByOthers = (path: string, uid: number): boolean => {
  const stat = Fs.statSync(path)
  return stat.uid === uid && (stat.mode & READABLE_BY_OTHERS) !== 0
}

const one = (parsed: ReturnType<Library["utils"]["parseKey"]>): ParsedKey | Error =>
  Array.isArray(parsed) ? parsed[0] as ParsedKey : parsed as ParsedKey | Error

const sameKey = (a: ParsedKey, b: ParsedKey): boolean => a.getPublicSSH().equals(b.getPublicSSH())

const keysOf = (agent: OpenSSHAgent): Promise<ReadonlyArray<ParsedKey>> =>
  new Promise((resolve) => agent.getIdentities((error, keys) => resolve(error ? [] : keys ?? [])))

const fromAgent = (agent: OpenSSHAgent, key: ParsedKey): Identity => ({
  key,
  sign: (data, hash) =>
    new Promise((resolve, reject) =>
      agent.sign(key, data, hash === undefined ? {} : { hash }, (error, signature) => {
        if (signature === undefined) reject(error ?? new Error("the agent does not sign"))
        else resolve(signature)
      })
    )
})

/** A key in a file, as far as it is readable without its passphrase. */
interface FileKey {
  readonly path: string
  /** The public half. Undefined: readable only with the passphrase. */
  readonly shown: ParsedKey | undefined
  /** The private half. Undefined: not in the file; only an agent may have it. */
  readonly secret: Buffer | undefined
  readonly isLocked: boolean
}

const SKIPPED = /^sk-|^ssh-dss$|-cert-v01@openssh\.com$/

export const loadIdentities = async (options: {
  readonly library: Library
  readonly config: HostConfig
  readonly paths: Pick<ConfigPaths, "agent" | "identityFiles">
  readonly uid: number
  /** Undefined: no questions may be asked. */
  readonly ask: Ask | undefined
}): Promise<Identities> => {
  const { ask, config, library, paths, uid } = options
  const { parseKey } = library.utils
  const skipped: Array<string> = []

  const look = (path: string): FileKey | undefined => {
    const content = read(path)
    const beside = read(`${path}.pub`)
    if (content === undefined && beside === undefined) {
      if (config.hasOwnIdentities) skipped.push(`there is no key ${oneLine(path)}`)
      return undefined
    }
    const kind = /^(\S+) /.exec((beside ?? content!).toString("latin1"))?.[1] ?? ""
    if (SKIPPED.test(kind)) {
      skipped.push(`${oneLine(path)} is of a kind that only OpenSSH can use (SESH_SSH=openssh)`)
      return undefined
    }
    if (content !== undefined && isReadableByOthers(path, uid) && content.includes("PRIVATE KEY")) {
      skipped.push(`others can read ${oneLine(path)}: run chmod 600 on it`)
      return undefined
    }
    const parsed = content === undefined ? undefined : one(parseKey(content))
    const isLocked = parsed instanceof Error && ENCRYPTED.test(parsed.message)
    const shown = beside === undefined ? undefined : one(parseKey(beside))
    if (parsed instanceof Error && !isLocked) {
      skipped.push(`${oneLine(path)} is of a kind that only OpenSSH can use (SESH_SSH=openssh)`)
      return undefined
    }
    const open = parsed instanceof Error ? undefined : parsed
    const inside = isLocked ? publicPart(content!) : undefined
    const guess = inside === undefined ? shown : one(parseKey(inside))
    const key = open ?? guess
    return {
      path,
      shown: key instanceof Error ? undefined : key,
      secret: isLocked || open?.isPrivateKey() === true ? content : undefined,
      isLocked
    }
  }

  /** Asks for the passphrase until it fits. */
  const unlock = async ({ path, secret }: FileKey): Promise<ParsedKey | undefined> => {
    for (let time = 1; ask !== undefined && time <= MAX_TRIES; time++) {
      const passphrase = await ask(`Enter passphrase for key '${oneLine(path)}': `, false)
      if (passphrase === undefined || passphrase === "") return undefined
      const key = one(parseKey(secret!, passphrase))
      if (!(key instanceof Error)) return key
    }
    return undefined
  }

  /** Opens the key at its first signature, once. */
  const fromFile = (shown: ParsedKey, open: () => Promise<ParsedKey | undefined>): Identity => {
    let opened: Promise<ParsedKey | undefined> | undefined
    return {
      key: shown,
      sign: async (data, hash) => {
        opened ??= open()
        const key = await opened
        if (key === undefined) throw new Error("the key stays locked")
        const signature = key.sign(data, hash)
        if (signature instanceof Error) throw signature
        return signature
      }
    }
  }

  const files = paths.identityFiles.flatMap((path) => look(path) ?? [])
  for (const name of config.certificateFiles) {
    skipped.push(`${oneLine(name)} is a certificate, which only OpenSSH can use (SESH_SSH=openssh)`)
  }
  const socket = paths.agent
  const agent = socket === undefined ? undefined : new library.OpenSSHAgent(socket)
  const [agentKeys, kinds] = agent === undefined
    ? [[], []]
    : await Promise.all([keysOf(agent), agentKinds(socket!)])
  for (const kind of new Set(kinds.filter((kind) => SKIPPED.test(kind)))) {
    skipped.push(`the agent's ${oneLine(kind)} is of a kind that only OpenSSH can use (SESH_SSH=openssh)`)
  }
  const isNamed = (key: ParsedKey) => files.some(({ shown }) => shown !== undefined && sameKey(shown, key))
  const only = config.flag("identitiesonly", false)
  const offered = [...agentKeys.filter(isNamed), ...only ? [] : agentKeys.filter((key) => !isNamed(key))]
  const usable = offered.map((key) => fromAgent(agent!, key))
  for (const file of files) {
    if (file.secret === undefined || (file.shown !== undefined && offered.some((key) => sameKey(key, file.shown!)))) {
      continue
    }
    if (file.isLocked && ask === undefined) {
      skipped.push(`${oneLine(file.path)} has a passphrase`)
      continue
    }
    if (file.shown === undefined) {
      // An old format, which encrypts its public half too.
      const key = await unlock(file)
      if (key !== undefined) usable.push(fromFile(key, () => Promise.resolve(key)))
    } else if (file.isLocked) usable.push(fromFile(file.shown, () => unlock(file)))
    else {
      const key = one(parseKey(file.secret))
      if (!(key instanceof Error)) usable.push(fromFile(key, () => Promise.resolve(key)))
    }
  }
  return { usable, skipped }
}
