/** What the tests of the ssh2 layer share. */
import { it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type ConnectOptions, SshTransport } from "../../../src/services/SshTransport.ts"
import { Machinery, ssh2Hosts } from "../../fixtures/sshHosts.ts"
import { hostNamed, run } from "../../support/sshSuite.ts"
import { good } from "./common.ts"

export const NEEDS = ["ssh", "sshd", "ssh-keygen", "ssh-agent"]

export const say = (word: string, host = good, options: ConnectOptions = {}) =>
  Effect.map(
    Effect.flatMap(SshTransport, (ssh) => ssh.exec(host, run("say", word, "", "0"), options)),
    ({ stdout }) => stdout.toString()
  )

type Services = Layer.Success<typeof ssh2Hosts> | Scope.Scope

export const test = <A, E>(name: string, effect: Effect.Effect<A, E, Services>) =>
  it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(ssh2Hosts)), 60_000)

/** Adds a host whose sshd is told more. */
export const special = (name: string, ...options: ReadonlyArray<string>) =>
  Effect.gen(function*() {
    const { ssh } = yield* Machinery
    const sshd = yield* Effect.promise(() => ssh.start({ options }))
    ssh.host(name, { Port: sshd.port })
    return { sshd, host: hostNamed(name) }
  })
