import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { relay } from "../../../src/layers/sync/relay.ts"
import type { ProgramHandlers, RemoteProgram } from "../../../src/services/SshTransport.ts"

/** Asks for `true` on the host, sends it more than a pipe holds, and waits for the end of what comes. */
const TALKER = `printf '1\\0true\\0' >&5; exec 5>&-
head -c 200000 /dev/zero >&4; exec 4>&-
cat <&3 >/dev/null; exit 3`

const local = { file: "/bin/sh", args: ["-c", TALKER], cwd: "/", env: process.env, onSent: undefined, rshDir: "/" }

describe("two programs that are connected", () => {
  it.live("both end when the remote one does before it has read what the local one sends", () =>
    Effect.gen(function*() {
      let handlers: ProgramHandlers | undefined
      const remote: RemoteProgram = {
        listen: (given) => {
          handlers = given
        },
        // Its input is closed, and there is no more to drain.
        write: () => {
          setImmediate(() => handlers!.onExit({ code: 127 }))
          return false
        },
        pause: () => {},
        resume: () => {},
        end: () => {},
        destroy: () => {}
      }
      const ended = yield* relay(local, () => Effect.succeed(remote))
      assert.deepStrictEqual([ended.code, ended.remote], [3, { code: 127 }])
    }))

  it.live("both end when the local one does before it has read what the remote one sends", () =>
    Effect.gen(function*() {
      let isPaused = false
      let handlers: ProgramHandlers | undefined
      let left = 100
      const send = () => {
        if (isPaused) return
        if (left-- === 0) return handlers!.onExit({ code: 12 })
        handlers!.onData(Buffer.alloc(64 * 1024))
        setImmediate(send)
      }
      const remote: RemoteProgram = {
        listen: (given) => {
          handlers = given
          setImmediate(send)
        },
        write: () => true,
        pause: () => {
          isPaused = true
        },
        resume: () => {
          if (isPaused) setImmediate(send)
          isPaused = false
        },
        end: () => {},
        destroy: () => {}
      }
      const script = "printf '1\\0true\\0' >&5; head -c 1000000 <&3 >/dev/null; exit 4"
      const ended = yield* relay({ ...local, args: ["-c", script] }, () => Effect.succeed(remote))
      assert.deepStrictEqual([ended.code, ended.remote], [4, { code: 12 }])
    }))
})
