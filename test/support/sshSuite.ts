/** What the suite of SshTransport plays with: programs, peers and hosts, and ears for them. */
import { assert } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import { type HostName, parseHostName } from "../../src/schema/HostName.ts"
import type { ExitStatus } from "../../src/schema/Session.ts"
import type { ByteChannel } from "../../src/services/ByteChannel.ts"
import type { ChannelFailure, ConnectionLost, RemoteProgram } from "../../src/services/SshTransport.ts"
import { until } from "../contract/SessionServer.ts"

/**
 * What the suite's programs do, by name and arguments. As shell scripts: `$0` is the name. A layer without a shell
 * plays them from `argv[3]` on.
 */
export const scripts = {
  /** Says each argument, and a NUL after it. */
  args: "for arg; do printf '%s\\0' \"$arg\"; done",
  /** Says a text, and another on standard error; ends with a status. */
  say: "printf %s \"$1\"; printf %s \"$2\" >&2; exit \"$3\"",
  die: "kill -s \"$1\" $$",
  /** Says everything that it reads, after `ready`. */
  echo: "printf ready; exec cat",
  /** Reads all, then says the hash of it. */
  sum: "sha256sum | cut -c 1-64",
  /** Says a number of bytes, all of them lines "y". */
  pour: "yes | head -c \"$1\""
} as const

/** Who listens on the hosts, by the path's last part. */
export const peers = ["echo", "twice", "sum", "pour", "nobody"] as const
export type Peer = typeof peers[number]

/** Bytes of the large transfers: MiB from `SESH_TEST_FLOOD`, 16 unless given. */
export const LARGE = Number(process.env["SESH_TEST_FLOOD"] ?? 16) * 1024 * 1024

/** What floods are made of. */
export const CHUNK = Buffer.from("y\n".repeat(32 * 1024))

/** Between two packets that are to be two. */
export const TWICE_PAUSE_MS = 1

/** What a peer does with a connection, over any transport. */
export const play = (peer: Exclude<Peer, "nobody">, channel: ByteChannel<ChannelFailure>): void => {
  const hash = createHash("sha256")
  let left = peer === "pour" ? LARGE : 0
  const pour = () => {
    while (left > 0) {
      left -= CHUNK.length
      if (!channel.write(CHUNK)) return
    }
    channel.end()
  }
  channel.listen({
    onData: (bytes) => {
      if (peer === "sum") hash.update(bytes)
      if (peer === "echo" && !channel.write(bytes)) channel.pause()
      // In two packets, as a session acknowledges a key and then shows it.
      if (peer === "twice") {
        channel.write(bytes)
        setTimeout(() => channel.write(bytes), TWICE_PAUSE_MS)
      }
    },
    onDrain: () => peer === "pour" ? pour() : channel.resume(),
    onEnd: () => {
      if (peer === "sum") channel.write(Buffer.from(hash.digest("hex")))
      channel.end()
    },
    onClose: () => undefined
  })
  if (peer === "pour") pour()
}

/** Where the suite's hosts are and what can be done to them. Their names are the same everywhere. */
export class Lab extends Context.Service<Lab, {
  readonly path: (peer: Peer) => string
  /** A program that copies to and from that path. */
  readonly bridge: (path: string) => ReadonlyArray<string>
  /** Breaks the connections to `good`, so that both sides hear of it. */
  readonly kill: () => void
  /** Silences the link to `linked`: nobody hears of it. */
  readonly silence: () => void
}>()("test/SshLab") {}

export const hostNamed = (name: string): HostName => Result.getOrThrow(parseHostName(name))

/** A script's command line. */
export const run = (name: keyof typeof scripts, ...args: ReadonlyArray<string>): ReadonlyArray<string> => [
  "sh",
  "-c",
  scripts[name],
  name,
  ...args
]

export const sha256 = (...chunks: ReadonlyArray<Buffer>) => {
  const hash = createHash("sha256")
  for (const chunk of chunks) hash.update(chunk)
  return hash.digest("hex")
}

/** Of a machine that has other things to do as well. */
const PATIENCE_MS = 60_000
/** Waits for something, patiently. */
export const happens = (what: string, look: () => boolean) => until(what, look, PATIENCE_MS)

/** What was heard of a program or a channel. */
export interface Heard<End> {
  readonly text: () => string
  readonly hash: () => string
  readonly bytes: () => number
  readonly ends: Array<End>
  stderr: string
  drained: number
  saidAll: number
}

const heard = <End>() => {
  const hash = createHash("sha256")
  const kept: Array<Buffer> = []
  let bytes = 0
  const record: Heard<End> = {
    text: () => Buffer.concat(kept).toString(),
    hash: () => hash.copy().digest("hex"),
    bytes: () => bytes,
    ends: [],
    stderr: "",
    drained: 0,
    saidAll: 0
  }
  const add = (chunk: Buffer) => {
    assert.strictEqual(record.ends.length, 0, "nothing follows the end")
    bytes += chunk.length
    hash.update(chunk)
    if (bytes < 100_000) kept.push(chunk)
  }
  return { record, add }
}

/** Listens to a program. */
export const hear = (program: RemoteProgram): Heard<ExitStatus | ConnectionLost> => {
  const { add, record } = heard<ExitStatus | ConnectionLost>()
  program.listen({
    onData: add,
    onStderr: (bytes) => {
      record.stderr += bytes.toString()
    },
    onDrain: () => record.drained++,
    onExit: (end) => record.ends.push(end)
  })
  return record
}

/** Listens to a channel. */
export const attend = (channel: ByteChannel<ChannelFailure>): Heard<ChannelFailure | undefined> => {
  const { add, record } = heard<ChannelFailure | undefined>()
  channel.listen({
    onData: add,
    onDrain: () => record.drained++,
    onEnd: () => record.saidAll++,
    onClose: (failure) => record.ends.push(failure)
  })
  return record
}
