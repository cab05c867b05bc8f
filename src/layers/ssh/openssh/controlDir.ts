/** The user's private directory of control sockets, forwarded sockets and logs. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { hostname } from "node:os"
import * as Path from "node:path"
import { socketPathLimit } from "../../../schema/SocketPath.ts"
import { SshMissing } from "../../../services/SshTransport.ts"
import { remove } from "../../system/files.ts"
import { KEY_DIGITS, keyOf } from "../../system/fnv.ts"
import { makeDirectories } from "../../system/ownDirectory.ts"
import { quietly } from "../../system/quietly.ts"

/** ssh first creates the socket under a longer name: a dot and 16 more characters (muxserver_listen in mux.c). */
const SSH_SUFFIX = 17

/** The age at which a forwarded socket or a configuration is left over: each is used once, at once. */
const MOMENT_MAX_AGE_MS = 60_000

/** The age at which another machine's log is left over: whether its process runs is not known here. */
const FOREIGN_LOG_MAX_AGE_MS = 24 * 3_600_000

/** The age at which it is forgotten that a login was slow: another one costs one attempt more. */
const SLOW_MAX_AGE_MS = 30 * 24 * 3_600_000

const FORWARD_PREFIX = "f"
const LOG_PREFIX = "l"
const CONFIG_PREFIX = "c"
const SLOW_SUFFIX = ".slow"

/** This machine among those that may share the directory. */
const machineTag = (): string => keyOf(hostname()).slice(-5)

/** Names that are used once: their kind, the process that uses them, and, of a log, its machine. */
const ONCE = new RegExp(`^([${FORWARD_PREFIX}${LOG_PREFIX}${CONFIG_PREFIX}])(\\d{1,10})-\\d+(?:\\.([0-9a-z]+))?$`)

/** The log of a connection that is kept. */
const KEPT_LOG = new RegExp(`^[0-9a-z]{${KEY_DIGITS}}(?=\\.log$)`)

/** Creates an empty file and returns a descriptor that appends to it. */
export const openLog = (path: string): number => {
  remove(path)
  return Fs.openSync(path, "ax", 0o600)
}

/** The paths in the directory. */
export interface ControlDir {
  readonly control: (key: string) => string
  /** The log of a host's master. */
  readonly log: (key: string) => string
  /** There is a file of this name where a host's login took longer than unanswered keepalives allow. */
  readonly slow: (host: string) => string
  /** A path that is used once. */
  readonly once: (kind: "forward" | "log" | "config") => string
}

let used = 0

const runs = (pid: number): boolean => quietly(() => process.kill(pid, 0), false)

const sweep = (dir: string, now: number): void =>
  quietly(() => {
    const own = machineTag()
    for (const name of Fs.readdirSync(dir)) {
      const [control] = KEPT_LOG.exec(name) ?? []
      // The socket was there before its log, and is gone: that connection has ended.
      if (control !== undefined && !Fs.existsSync(Path.join(dir, control))) remove(Path.join(dir, name))
      const path = Path.join(dir, name)
      const isOlder = (ms: number) => now - Fs.lstatSync(path).mtimeMs > ms
      if (name.endsWith(SLOW_SUFFIX) && isOlder(SLOW_MAX_AGE_MS)) remove(path)
      const [, kind, pid, machine = own] = ONCE.exec(name) ?? []
      if (kind === undefined) continue
      const maxAge = kind === LOG_PREFIX ? FOREIGN_LOG_MAX_AGE_MS : MOMENT_MAX_AGE_MS
      const isOver = kind === LOG_PREFIX && machine === own
        ? !runs(Number(pid))
        : isOlder(maxAge)
      if (isOver) remove(path)
    }
  })

/** Bytes of the longest socket path in the directory, while ssh creates it. */
const longestIn = (dir: string): number => Buffer.byteLength(Path.join(dir, "x".repeat(KEY_DIGITS))) + SSH_SUFFIX

const dirIn = (parent: string): string => Path.join(parent, "ssh")

/** Whether the system takes the paths of sockets in there (`socketPathLimit`). */
export const hasRoom = (parent: string, platform: string): boolean =>
  longestIn(dirIn(parent)) <= socketPathLimit(platform)

/** Creates the directory with mode 0700 in one that is the user's already. Removes what killed processes left there. */
export const makeControlDir = (parent: string, platform: string): Effect.Effect<ControlDir, SshMissing> =>
  Effect.flatMap(Clock.currentTimeMillis, (now) => {
    const dir = dirIn(parent)
    const refuse = (problem: string, advice: string) => Effect.fail(new SshMissing({ problem, advice }))
    // ssh expands the path, and these characters cannot be quoted for it.
    if (/[\u0000-\u001f$"\\]/.test(dir)) return refuse(`${JSON.stringify(dir)} is no place for ssh`, "set SESH_DIR")
    if (!hasRoom(parent, platform)) {
      const limit = socketPathLimit(platform)
      return refuse(
        `${dir} is too long for a socket: ${longestIn(dir)} bytes with what ssh adds, ${limit} is the most`,
        "set TMPDIR or SESH_DIR to a shorter directory"
      )
    }
    const made = quietly(() => {
      makeDirectories(dir)
      const stat = Fs.lstatSync(dir)
      if (!stat.isDirectory()) return "is not a directory"
      Fs.chmodSync(dir, 0o700)
      return undefined
    }, "cannot be made")
    if (made !== undefined) return refuse(`${dir} ${made}`, "remove it, or set SESH_DIR to another place")
    sweep(dir, now)
    return Effect.succeed<ControlDir>({
      control: (key) => Path.join(dir, key),
      log: (key) => Path.join(dir, `${key}.log`),
      slow: (host) => Path.join(dir, `${keyOf(host)}${SLOW_SUFFIX}`),
      once: (kind) => {
        const name = `${process.pid}-${++used}`
        if (kind === "log") return Path.join(dir, `${LOG_PREFIX}${name}.${machineTag()}`)
        return Path.join(dir, `${kind === "forward" ? FORWARD_PREFIX : CONFIG_PREFIX}${name}`)
      }
    })
  })
