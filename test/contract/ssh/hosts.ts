/** Which hosts every transport reaches, and what it reports of the others. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { SshTransport } from "../../../src/services/SshTransport.ts"
import { hostNamed, Lab, run } from "../../support/sshSuite.ts"
import { exec, type Test } from "./common.ts"

export const hosts = (test: Test): void => {
  for (
    const [host, tag, says] of [
      ["refusing", "HostUnreachable", "refuses"],
      ["missing", "HostUnreachable", "no host named"],
      ["silent", "HostUnreachable", "does not answer"],
      ["changed", "HostKeyChanged", "ssh-keygen -R"],
      ["strict", "HostKeyUnknown", "not known"],
      ["wrongkey", "AuthenticationFailed", "Permission denied"],
      ["locked", "AuthenticationFailed", "does not let us in"]
    ] as const
  ) {
    test(
      `${host}: every way there fails with ${tag}, and says what to do`,
      Effect.gen(function*() {
        const ssh = yield* SshTransport
        const options = { connectTimeout: host === "silent" ? 1000 : 20_000 }
        const name = hostNamed(host)
        const lab = yield* Lab
        const errors = yield* Effect.all([
          Effect.flip(ssh.exec(name, ["true"], options)),
          Effect.flip(Effect.scoped(ssh.start(name, ["true"], options))),
          Effect.flip(Effect.scoped(ssh.connectSocket(name, lab.path("echo"), options)))
        ], { concurrency: "unbounded" })
        for (const error of errors) {
          assert.strictEqual(error._tag, tag, error.message)
          assert.include(error.message, says)
          assert.include(error.message, host)
          assert.notMatch(error.message, /[\u0000-\u001f]/)
        }
      })
    )
  }

  for (const name of ["agent", "jumped"]) {
    test(
      `a host is reached as the user's configuration says: ${name}`,
      Effect.map(
        exec(hostNamed(name), run("say", name, "", "0")),
        ({ stdout }) => assert.strictEqual(stdout.toString(), name)
      )
    )
  }

  test(
    "the agent of a host is the one that the configuration forwards to it, if one listens there",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const agents = yield* Effect.forEach(
        ["forwarding", "agentless", "agent"],
        (name) => Effect.map(ssh.describe(hostNamed(name)), ({ agent }) => agent)
      )
      assert.match(agents[0]!, /^\/.*agent/)
      assert.deepStrictEqual(agents.slice(1), [undefined, undefined])
    })
  )

  test(
    "describing a name asks no host",
    Effect.gen(function*() {
      const ssh = yield* SshTransport
      const { hostname, port, user } = yield* ssh.describe(hostNamed("somebody@refusing"))
      assert.deepStrictEqual([hostname, user], ["127.0.0.1", "somebody"])
      assert.isAbove(port, 0)
    })
  )
}
