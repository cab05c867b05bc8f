import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { hostNamed } from "../../../src/commands/hosts/elsewhere.ts"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../../src/layers/testing/OutputFake.ts"
import { RemotesTestRef } from "../../../src/layers/testing/RemotesFake.ts"
import { fakeInfo, SessionRegistryTestRef } from "../../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { WorldTestRef } from "../../../src/layers/testing/World.ts"
import type { HostName } from "../../../src/schema/HostName.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { eventually } from "../../support/fakeClient.ts"
import { inWorld, type WorldOptions } from "../../support/inWorld.ts"

const dev = "dev" as SessionName

/** `dev` runs on node1, which shares the directory with this machine. */
const shared = <A, E>(
  options: WorldOptions,
  use: Parameters<typeof inWorld<A, E>>[1]
) =>
  inWorld<A, E>(options, (sesh) =>
    Effect.gen(function*() {
      const network = yield* NetworkTestRef
      network.elsewhere.set(dev, "node1")
      return yield* use(sesh)
    }))

const AWAY = "sesh: session dev runs on node1, which has this directory too; go there: sesh @node1 dev" +
  " (if node1 is no more: rm /fake/.sesh/dev.*)"

describe("hostNamed", () => {
  it.each<readonly [machine: string, known: ReadonlyArray<string>, found: string | undefined]>([
    ["node1", ["node1", "me@node1"], "node1"],
    ["node1", ["node2", "me@node1"], "me@node1"],
    ["node1", ["me@Node1.cluster.example"], "me@Node1.cluster.example"],
    ["node1.cluster.example", ["node1"], "node1"],
    ["node1.a.example", ["node1.b.example"], undefined],
    ["node1", ["node11", "node"], undefined],
    ["node1", [], undefined],
    ["10.0.0.1", ["10.0.0.2", "10"], undefined]
  ])("%s among %j", (machine, known, found) => {
    assert.strictEqual(hostNamed(known as ReadonlyArray<HostName>, machine), found)
  })
})

describe("a session of another machine that shares the directory", () => {
  it.effect("is listed with the machine's name", () =>
    shared({ sessions: [{ info: fakeInfo("here") }] }, (sesh) =>
      Effect.gen(function*() {
        const { err, out } = yield* OutputTestRef
        assert.strictEqual(yield* sesh(), 0)
        assert.match(out.join("\n"), /^dev +- +- +- +\(it runs on node1\)$/m)
        out.length = 0
        assert.strictEqual(yield* sesh("--json"), 0)
        assert.deepInclude(JSON.parse(out.join("")).sessions[0], { name: "dev", machine: "node1" })
        assert.deepStrictEqual(err, [])
      })))

  it.effect("is attached to over ssh when that host is known", () =>
    shared({ hosts: { node1: {} } }, (sesh) =>
      Effect.gen(function*() {
        const there = (yield* WorldTestRef).at("node1")
        assert.strictEqual(yield* sesh("@node1", "dev", "-d"), 0)
        const running = yield* Effect.forkChild(sesh("dev"))
        const terminal = yield* TtyTestRef
        yield* eventually("a terminal", () => terminal.isOpen)
        there.programs.last().exit(7)
        assert.strictEqual(yield* Fiber.join(running), 7)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on node1]", "[dev on node1 ended]"])
        assert.deepStrictEqual((yield* DaemonLauncherTestRef).specs, [])
      })))

  for (const argv of ["--kill dev", "--detach dev", "--send dev x", "--history dev"]) {
    it.effect(`sesh ${argv} goes to that host as well`, () =>
      shared({ hosts: { node1: {} } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh("@node1", "dev", "-d"), 0)
          assert.strictEqual(yield* sesh(...argv.split(" ")), 0)
          assert.strictEqual((yield* OutputTestRef).err[0], "[dev is on node1]")
        })))
  }

  for (
    const argv of ["dev", "--kill dev", "--watch dev", "--detach dev", "--history dev", "--send dev x", "--wait dev"]
  ) {
    it.effect(`sesh ${argv} says where it is when no such host is known`, () =>
      shared({ hosts: { web: {} } }, (sesh) =>
        Effect.gen(function*() {
          assert.strictEqual(yield* sesh(...argv.split(" ")), 1)
          assert.deepStrictEqual((yield* OutputTestRef).err, [AWAY])
          assert.deepStrictEqual((yield* RemotesTestRef).looks, [])
        })))
  }

  it.effect("has its name: none is created beside it", () =>
    shared({ hosts: { node1: {} } }, (sesh) =>
      Effect.gen(function*() {
        const { err } = yield* OutputTestRef
        for (const argv of ["dev -d", "dev /tmp", "dev -- make"]) {
          err.length = 0
          assert.strictEqual(yield* sesh(...argv.split(" ")), 1)
          assert.deepStrictEqual(err, [AWAY])
        }
        err.length = 0
        assert.strictEqual(yield* sesh("--exec", "dev", "--", "make"), 125)
        assert.deepStrictEqual(err, [
          "sesh: a session named dev is already there, on node1, which has this directory too: take another name"
        ])
        assert.deepStrictEqual((yield* DaemonLauncherTestRef).sessions, [])
      })))

  it.effect("is not exported, and that is no failure", () =>
    shared({ sessions: [{ info: fakeInfo("here") }] }, (sesh) =>
      Effect.gen(function*() {
        assert.strictEqual(yield* sesh("--export"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["sesh: dev: not exported: it runs on node1"])
      })))

  it.effect("is not looked for on a host that only sees it", () =>
    inWorld({ hosts: { node2: {}, node3: {} } }, (sesh) =>
      Effect.gen(function*() {
        const world = yield* WorldTestRef
        world.at("node2").network.elsewhere.set(dev, "node1")
        world.at("node3").registry.sessions.set(dev, { info: fakeInfo("dev") })
        assert.strictEqual(yield* sesh("--kill", "dev"), 0)
        assert.deepStrictEqual((yield* OutputTestRef).err, ["[dev is on node3]", "[dev on node3 ended]"])
        assert.isFalse((yield* SessionRegistryTestRef).sessions.has(dev))
      })))
})
