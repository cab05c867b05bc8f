import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { inWorld } from "../../support/inWorld.ts"

describe("a variable of ours that means nothing", () => {
  for (
    const [name, value] of [["SESH_SSH", "putty"], ["SESH_NO_SYNC", "yes"], ["SESH_SCROLLBACK", "lots"]] as const
  ) {
    const sessions = [{ info: fakeInfo("here") }]
    const world = { caller: { env: { SHELL: "/bin/sh", [name]: value } }, sessions, hosts: { web: {} } }

    it.effect.each(
      [
        ["dev", 1],
        ["dev -d", 1],
        ["@web dev", 1],
        ["--kill here", 1],
        ["--json", 1],
        ["--exec x -- true", 125],
        ["@web --exec x -- true", 125]
      ] as const
    )(`${name}: %s says so, and does nothing`, ([line, status]) =>
      inWorld(world, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...line.split(" ")), status)
          const { err, out } = yield* OutputTestRef
          assert.deepStrictEqual([err.length, out], [1, []])
          assert.include(err[0], `sesh: ${name} is "${value}"; set it to `)
          assert.strictEqual((yield* DaemonLauncherTestRef).specs.length, 0)
          assert.deepStrictEqual((yield* RemotesTestRef).asked, [])
        })))

    it.effect(`${name}: help, completion and what another sesh asks for do not mind`, () =>
      inWorld(world, (sesh) =>
        Effect.gen(function*() {
          for (const line of ["--help", "--version", "--completions bash", "--names", "--hosts"]) {
            assert.strictEqual(yield* sesh(...line.split(" ")), 0)
          }
          assert.deepStrictEqual((yield* OutputTestRef).err, [])
        })))
  }
})
