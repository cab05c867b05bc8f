/** Programs that keep sessions, each started the way that costs it least. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as fs from "node:fs"
import * as path from "node:path"
import type { Size } from "../../src/schema/Session.ts"
import type { Pty } from "../../src/services/Pty.ts"
import { type Home, isInstalled } from "./machine.ts"
import { open, type Screen } from "./screen.ts"
import { SESH } from "./turns.ts"

/** As many lines as sesh keeps by itself. */
export const HISTORY = 5000

export interface Peer {
  readonly name: string
  readonly env?: Readonly<Record<string, string>>
  /** The command that makes a session and attaches to it; where sockets go, and what runs in it. */
  readonly create: (dir: string, session: string, program: ReadonlyArray<string>) => ReadonlyArray<string>
  readonly attach: (dir: string, session: string) => ReadonlyArray<string>
}

const sesh: Peer = {
  name: "sesh",
  create: (_, session, program) => [SESH, session, "--", ...program],
  attach: (_, session) => [SESH, session]
}

const ring: Peer = { ...sesh, name: "sesh, SESH_SCROLLBACK=0", env: { SESH_SCROLLBACK: "0" } }

// No detach key, no suspending, nothing typed to have the screen drawn again.
const QUIET = ["-E", "-z", "-r", "none"]

const dtach: Peer = {
  name: "dtach",
  create: (dir, session, program) => ["dtach", "-c", `${dir}/${session}.dtach`, ...QUIET, ...program],
  attach: (dir, session) => ["dtach", "-a", `${dir}/${session}.dtach`, ...QUIET]
}

/** A server for each session, as sesh has a daemon for each. */
const server = (dir: string, session: string) => ["tmux", "-S", `${dir}/${session}.tmux`, "-f", "/dev/null"]

const tmux: Peer = {
  name: "tmux",
  create: (dir, session, program) => [
    ...server(dir, session),
    ...["start-server", ";", "set", "-g", "history-limit", String(HISTORY), ";", "set", "-g", "status", "off", ";"],
    ...["new-session", "-s", session, ...program]
  ],
  attach: (dir, session) => [...server(dir, session), "attach", "-t", session]
}

/** The terminal alone, without anything between it and the program. */
const plain: Peer = { name: "no session", create: (_dir, _session, program) => program, attach: () => [] }

/** Those that are installed; who is not is named. */
const found = (peers: ReadonlyArray<Peer>): ReadonlyArray<Peer> =>
  peers.filter((peer) => {
    const isThere = peer === sesh || peer === ring || peer === plain || isInstalled(peer.name)
    if (!isThere) console.log(`${peer.name} is not installed: left out`)
    return isThere
  })

export const peers = { sesh, ring, dtach, tmux, plain, found }

export interface Made {
  /** With the client that made the session. */
  readonly screen: Screen
  /** The process that owns the session's terminal; undefined when it is this one. */
  readonly daemon: number | undefined
}

/** Marks in the output. Nothing else contains the last character. */
export const READY = "READY~"
export const DONE = "DONE~"

/** Runs a shell script, which says {@link READY}, in a new session. Closing the scope detaches. */
export const create = Effect.fnUntraced(function*(options: {
  readonly home: Home
  readonly peer: Peer
  readonly session: string
  /** `$1` and so on are `args`. */
  readonly script: string
  readonly args?: ReadonlyArray<string>
  readonly size: Size
}): Effect.fn.Return<Made, never, Pty | Scope.Scope> {
  const { home: { dir, env }, peer, session } = options
  const file = path.join(dir, `${session}.parent`)
  const program = ["sh", "-c", `echo $PPID >"$0"; ${options.script}`, file, ...options.args ?? []]
  const screen = yield* open({
    command: peer.create(dir, session, program),
    env: { ...env, ...peer.env },
    cwd: dir,
    size: options.size
  })
  yield* screen.shows(READY)
  const parent = Number(fs.readFileSync(file, "latin1"))
  return { screen, daemon: parent === process.pid ? undefined : parent }
})

/** Attaches to a session. Closing the scope detaches. */
export const attach = (
  { dir, env }: Home,
  peer: Peer,
  session: string,
  size: Size
): Effect.Effect<Screen, never, Pty | Scope.Scope> =>
  open({ command: peer.attach(dir, session), env: { ...env, ...peer.env }, cwd: dir, size })
