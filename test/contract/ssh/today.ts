/** What every real transport promises of a configuration that changes: the one that counts is today's. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { Machinery } from "../../fixtures/sshHosts.ts"
import type { Sshd } from "../../support/sshd.ts"
import { hostNamed } from "../../support/sshSuite.ts"
import { exec } from "./common.ts"
import { special } from "./real.ts"

export const moving = hostNamed("moving")

/** The port at which a host took this connection. */
export const portOf = (host = moving) =>
  Effect.map(
    exec(host, ["sh", "-c", "set -- $SSH_CONNECTION; echo \"$4\""]),
    ({ stdout }) => Number(stdout.toString())
  )

/** How often somebody has logged in. */
export const logins = (sshd: Sshd): number => sshd.log().match(/Accepted publickey/g)?.length ?? 0

/** Puts lines before all others of the user's configuration, or anew in their place. */
export const prefixed = Effect.map(Machinery, ({ ssh }) => {
  const own = Fs.readFileSync(ssh.config, "utf8")
  return (lines: string) => Fs.writeFileSync(ssh.config, `${lines}\n${own}`)
})

export const today = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery>) => void
): void => {
  test(
    "a host that an included file now has elsewhere is reached there, and no longer by the kept connection",
    Effect.gen(function*() {
      const { good, ssh } = yield* Machinery
      const { sshd } = yield* special("elsewhere")
      const part = Path.join(ssh.dir, "part")
      const says = (port: number) => Fs.writeFileSync(part, `Host moving\n  Port ${port}\n`)
      says(good.port)
      ;(yield* prefixed)(`Include ${part}`)
      ssh.host("moving", {})
      assert.strictEqual(yield* portOf(), good.port)
      says(sshd.port)
      assert.strictEqual(yield* portOf(), sshd.port)
      says(good.port)
      assert.strictEqual(yield* portOf(), good.port)
      assert.strictEqual(logins(good), 1, "the first connection is still that of the first place")
    })
  )

  test(
    "a change that does not concern a host leaves its connection as it is",
    Effect.gen(function*() {
      const { good, ssh } = yield* Machinery
      assert.strictEqual(yield* portOf(hostNamed("good")), good.port)
      ssh.host("another", { Port: 1 })
      assert.strictEqual(yield* portOf(hostNamed("good")), good.port)
      assert.strictEqual(logins(good), 1)
    })
  )

  test(
    "a port in a host's name counts more than the one in the configuration",
    Effect.gen(function*() {
      const { good } = yield* Machinery
      const { sshd } = yield* special("elsewhere")
      const { username } = Os.userInfo()
      for (const { port } of [good, sshd]) {
        assert.strictEqual(yield* portOf(hostNamed(`good:${port}`)), port)
        assert.strictEqual(yield* portOf(hostNamed(`ssh://${username}@good:${port}`)), port)
      }
      const { hostname, port, user } = yield* Effect.flatMap(
        SshTransport,
        (ssh) => ssh.describe(hostNamed("me@[::1]:2222"))
      )
      assert.deepStrictEqual([hostname, port, user], ["::1", 2222, "me"])
    })
  )

  test(
    "another jump host of the same name is another way",
    Effect.gen(function*() {
      const { good, ssh } = yield* Machinery
      const { sshd: target } = yield* special("target")
      const { sshd: gate } = yield* special("gate")
      ssh.host("moving", { Port: target.port, ProxyJump: "door" })
      ssh.host("door", { StrictHostKeyChecking: "accept-new" })
      const put = yield* prefixed
      const says = (port: number) => put(`Host door\n  Port ${port}`)
      says(good.port)
      assert.strictEqual(yield* portOf(), target.port)
      assert.deepStrictEqual([logins(good), logins(gate)], [1, 0])
      says(gate.port)
      assert.strictEqual(yield* portOf(), target.port)
      assert.deepStrictEqual([logins(good), logins(gate)], [1, 1])
    })
  )
}
