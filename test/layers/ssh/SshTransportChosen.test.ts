import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { PassThrough } from "node:stream"
import type { Channel } from "ssh2"
import { afterAll, beforeAll } from "vitest"
import { bounded, DrainQueue } from "../../../src/layers/ssh/ssh2/channels.ts"
import * as SshTransportChosen from "../../../src/layers/ssh/SshTransportChosen.ts"
import * as Caller from "../../../src/layers/testing/CallerFake.ts"
import * as OperatingSystem from "../../../src/layers/testing/OperatingSystemFake.ts"
import * as Paths from "../../../src/layers/testing/PathsFake.ts"
import * as Tty from "../../../src/layers/testing/TtyFake.ts"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { hostNamed } from "../../support/sshSuite.ts"
import { until } from "../../support/until.ts"

let dir: string
beforeAll(() => {
  dir = Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-path-"))
  Fs.mkdirSync(Path.join(dir, "with"))
  Fs.writeFileSync(Path.join(dir, "with", "ssh"), "#!/bin/sh\n", { mode: 0o755 })
  Fs.mkdirSync(Path.join(dir, "without", "ssh"), { recursive: true })
})
afterAll(() => Fs.rmSync(dir, { recursive: true }))

describe("which ssh is used", () => {
  const chosen = (env: Record<string, string>) => SshTransportChosen.transportFor(env)

  it.effect("OpenSSH where there is an ssh, and ssh2 where there is not", () =>
    Effect.gen(function*() {
      const PATH = `${dir}/without:${dir}/with`
      assert.strictEqual(yield* chosen({ PATH }), "openssh")
      assert.strictEqual(yield* chosen({ PATH: `${dir}/without` }), "ssh2")
      assert.strictEqual(yield* chosen({}), "ssh2")
      assert.strictEqual(yield* chosen({ PATH, SESH_SSH: "" }), "openssh")
    }))

  it.effect("the user's choice, whatever is installed", () =>
    Effect.gen(function*() {
      assert.strictEqual(yield* chosen({ PATH: `${dir}/with`, SESH_SSH: "ssh2" }), "ssh2")
      assert.strictEqual(yield* chosen({ SESH_SSH: "openssh" }), "openssh")
    }))

  it.effect("an unknown choice is an error at the first use of a host, not before", () =>
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const error = yield* Effect.flip(ssh.exec(hostNamed("web"), ["true"]))
      assert.strictEqual(error.message, "SESH_SSH is \"putty\"; set it to openssh or ssh2")
      yield* ssh.close(hostNamed("web"))
    }).pipe(Effect.provide(
      SshTransportChosen.layer().pipe(
        Layer.provide([
          Paths.layer(),
          Caller.layer({ env: { SESH_SSH: "putty" } }),
          OperatingSystem.layer(),
          Tty.layer()
        ])
      )
    )))
})

describe("a channel", () => {
  const make = () => {
    const channel = Object.assign(new PassThrough({ highWaterMark: 1 << 30 }), { stderr: new PassThrough() })
    return channel as unknown as Channel
  }

  it("whose host sends more than it may is closed", () => {
    const sock = new PassThrough()
    let excess = 0
    const channel = bounded(make(), new DrainQueue(sock), () => excess++)
    channel.pause()
    for (let mebibytes = 0; mebibytes < 4; mebibytes++) channel.push(Buffer.alloc(1 << 20))
    assert.strictEqual(excess, 0)
    channel.push(Buffer.alloc(1))
    channel.push(Buffer.alloc(1))
    assert.strictEqual(excess, 1)
  })

  it("takes no more than its socket, whatever the host allows", () => {
    const sock = new PassThrough({ highWaterMark: 10 })
    const channel = bounded(make(), new DrainQueue(sock), () => undefined)
    let written = 0
    sock.write(Buffer.alloc(20))
    channel.write("one", () => written++)
    channel.write("two", () => written++)
    return new Promise<void>((resolve) => setImmediate(resolve)).then(() => {
      assert.strictEqual(written, 0)
      sock.resume()
      return until("both were written", () => written === 2)
    })
  })
})
