/** What every real transport promises of hosts that forward no sockets, and open few sessions on a connection. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { SshTransport } from "../../../src/services/SshTransport.ts"
import { Machinery } from "../../fixtures/sshHosts.ts"
import { attend, happens, hostNamed, type Lab } from "../../support/sshSuite.ts"
import { connect } from "./common.ts"
import { say, special } from "./real.ts"

export const narrow = (
  test: <A, E>(name: string, effect: Effect.Effect<A, E, SshTransport | Machinery | Lab | Scope.Scope>) => void
): void => {
  test(
    "where a connection has one session and forwards no sockets, others are made for more attachments",
    Effect.gen(function*() {
      const { ssh } = yield* Machinery
      const { host, sshd } = yield* special("narrow", "MaxSessions 1", "DisableForwarding yes")
      const key = ssh.keygen("restricted")
      Fs.appendFileSync(Path.join(ssh.dir, "authorized_keys"), `restrict ${Fs.readFileSync(`${key}.pub`, "utf8")}`)
      const open = yield* special("open", "MaxSessions 1")
      ssh.host("restricted", { Port: open.sshd.port, IdentityFile: key })
      for (const name of [host, hostNamed("restricted")]) {
        for (let time = 1; time <= 2; time++) {
          const channel = yield* connect(name, "echo", true)
          const says = attend(channel)
          channel.write(Buffer.from(String(time)))
          yield* happens("it came back", () => says.text() === String(time))
        }
        assert.strictEqual(yield* say("meanwhile", name), "meanwhile")
      }
      // The one that was made for that program.
      const last = yield* connect(host, "echo", true)
      const says = attend(last)
      last.write(Buffer.from("last"))
      yield* happens("it came back", () => says.text() === "last")
      yield* Effect.promise(sshd.stopListening)
      const { message } = yield* Effect.flip(connect(host, "echo", true))
      assert.match(message, /MaxSessions.*another connection fails: narrow refuses/)
    })
  )
}
