/** What the parts of the SshTransport suite share. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { HostName } from "../../../src/schema/HostName.ts"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { CHUNK, happens, hostNamed, Lab, LARGE, type Peer, run, sha256 } from "../../support/sshSuite.ts"

/** Declares a test of the suite. */
export type Test = <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Lab | Scope.Scope>) => void

export const good = hostNamed("good")
export const other = hostNamed("other")

/** Writes a large number of bytes as fast as they are taken, then ends. */
export const flood = (to: { write: (bytes: Buffer) => boolean; end: () => void }, drained: () => number) =>
  Effect.gen(function*() {
    for (let left = LARGE; left > 0; left -= CHUNK.length) {
      const before = drained()
      if (!to.write(CHUNK)) yield* happens("it drained", () => drained() > before)
    }
    to.end()
  })

export const FLOOD_SHA = sha256(...Array.from({ length: LARGE / CHUNK.length }, () => CHUNK))

export const exec = (host: HostName, argv: ReadonlyArray<string>, stdin?: Buffer) =>
  Effect.flatMap(SshTransport, (ssh) => ssh.exec(host, argv, stdin === undefined ? {} : { stdin }))

export const connect = Effect.fnUntraced(function*(host: HostName, peer: Peer, bridged = false) {
  const ssh = yield* SshTransport
  const lab = yield* Lab
  const path = lab.path(peer)
  return yield* ssh.connectSocket(host, path, bridged ? { bridge: lab.bridge(path) } : {})
})

export const program = (host: HostName, ...args: Parameters<typeof run>) =>
  Effect.flatMap(SshTransport, (ssh) => ssh.start(host, run(...args)))
