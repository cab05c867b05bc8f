/** A host on which something else than sesh answers, or one of another version. */
import * as Layer from "effect/Layer"
import * as RemotesSsh from "../../src/layers/remote/RemotesSsh.ts"
import {
  type FakeRemoteProgram,
  type FakeSshHost,
  layer as sshFake
} from "../../src/layers/testing/SshTransportFake.ts"
import { here } from "../contract/Remotes.ts"

/** The services of a host named `web`. */
export const remotesOn = (host: FakeSshHost) =>
  RemotesSsh.layer.pipe(Layer.provideMerge(sshFake({ web: host })), Layer.provideMerge(here))

/** Says this, and no more, whatever it is asked. */
export const saying = (
  out: string | Buffer,
  options: { readonly err?: string; readonly code?: number } = {}
): FakeSshHost => ({
  play: (program: FakeRemoteProgram) => {
    program.stdio.listen({ onData: () => {}, onDrain: () => {}, onEnd: () => {}, onClose: () => {} })
    program.stdio.write(Buffer.from(out as string))
    if (options.err !== undefined) program.printError(options.err)
    program.exit(options.code ?? 0)
  }
})

const fine = {
  version: 1,
  sesh: "0.1.0",
  protocol: { major: 1, minor: 1 },
  home: "/h",
  dir: "/h/.sesh",
  answer: { sessions: [] as Array<unknown> }
}

/** An answer in order, but for what is given. */
export const line = (more?: object) => `${JSON.stringify({ ...fine, ...more })}\n`
