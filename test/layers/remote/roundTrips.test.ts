/** What each command asks of a host, and which sockets it opens there: each costs round trips. */
import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { identity } from "effect/Function"
import * as Layer from "effect/Layer"
import { run } from "../../../src/commands/run.ts"
import * as RemotesSsh from "../../../src/layers/remote/RemotesSsh.ts"
import type { FakeProgram } from "../../../src/layers/testing/PtyFake.ts"
import {
  type FakeSshHost,
  layer as sshFake,
  SshTransportTestRef
} from "../../../src/layers/testing/SshTransportFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import * as World from "../../../src/layers/testing/World.ts"
import type { HostName } from "../../../src/schema/HostName.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { DaemonLauncher } from "../../../src/services/DaemonLauncher.ts"
import { HostMemory } from "../../../src/services/HostMemory.ts"
import { programs } from "../../contract/Remotes.ts"
import { until } from "../../contract/SessionServer.ts"
import { askedBy, machineOf, sshHostOf, THERE } from "../../support/machines.ts"

const web = "web" as HostName
const dev = "dev" as SessionName

interface Costs {
  readonly asked: ReadonlyArray<string>
  readonly opened: ReadonlyArray<string>
}

interface Given {
  /** What this machine knows of the host, which has a session `dev`. */
  readonly remembers?: ReadonlyArray<SessionName>
  readonly host?: (host: FakeSshHost) => FakeSshHost
  readonly play?: (program: FakeProgram) => void
  /** Runs while the command does. */
  readonly meanwhile?: Effect.Effect<void, never, SshTransportTestRef>
}

const playTrue = (program: FakeProgram) => program.spec.file === "true" ? program.exit(0) : programs.play!(program)

/** Runs a command to its end. */
const costsOf = (
  line: string,
  { host = identity, meanwhile = Effect.void, play = playTrue, remembers = [] }: Given = {}
) =>
  Effect.gen(function*() {
    const machine = yield* Layer.build(machineOf({
      pty: { ...programs, play: (program) => play(program) }
    }))
    yield* Context.get(machine, DaemonLauncher).launch({
      name: dev,
      dir: THERE,
      env: { SHELL: "/bin/sh" },
      size: { cols: 80, rows: 24 },
      awaited: false
    })
    const world = yield* Layer.build(World.layer({ known: ["web"] }))
    const hosts = Context.get(world, HostMemory)
    const known = yield* Effect.flatMap(hosts.get(web), Effect.fromOption)
    yield* hosts.remember({ ...known, sessions: remembers.map((name) => ({ name })) })
    const remotes = yield* Layer.build(RemotesSsh.layer.pipe(
      Layer.provideMerge(sshFake({ web: host(sshHostOf(machine)) })),
      Layer.provide(Layer.succeedContext(world))
    ))
    const running = yield* Effect.forkChild(Effect.provideContext(run(line.split(" ")), Context.merge(world, remotes)))
    yield* Effect.provideContext(meanwhile, remotes)
    const terminal = Context.get(world, TtyTestRef)
    if (!line.includes("-")) {
      yield* until("a prompt", () => terminal.screen.includes("$ "))
      terminal.type("exit 0\r")
    }
    assert.strictEqual(yield* Fiber.join(running), 0)
    const { sockets, started } = Context.get(remotes, SshTransportTestRef)
    return {
      asked: started.map(({ argv }) => askedBy(argv)),
      opened: sockets.map(({ path }) => path.slice(`${THERE}/.sesh/`.length))
    } satisfies Costs
  }).pipe(Effect.scoped)

describe("what a command costs", () => {
  it.live.each<readonly [string, string, ReadonlyArray<SessionName>, Costs]>([
    ["attach", "@web dev", [dev], { asked: [], opened: ["dev.sock"] }],
    ["attach, host not named", "dev", [dev], { asked: ["sessions"], opened: ["dev.sock"] }],
    ["attach, made by somebody else", "@web dev", [], { asked: ["create"], opened: ["dev.sock"] }],
    ["new session", "@web new", [dev], { asked: ["create"], opened: ["new.sock"] }],
    ["new session, detached", "@web new -d", [], { asked: ["create"], opened: [] }],
    ["no new session, detached", "@web dev -d", [], { asked: ["create"], opened: [] }],
    ["--exec", "@web --exec new -- true", [], { asked: ["create"], opened: [] }],
    ["--exec --print", "@web --exec new --print -- true", [], { asked: ["create"], opened: ["new.sock"] }],
    ["list", "@web --json", [], { asked: ["sessions"], opened: [] }]
  ])("%s", ([, line, remembers, costs]) =>
    Effect.gen(function*() {
      assert.deepStrictEqual(yield* costsOf(line, { remembers }), costs)
    }))

  it.live("the way to a session is opened while its host is asked", () =>
    Effect.gen(function*() {
      const held: Array<() => void> = []
      yield* costsOf("dev", {
        remembers: [dev],
        host: (own) => ({ ...own, play: (program) => void held.push(() => own.play!(program)) }),
        meanwhile: Effect.gen(function*() {
          const { sockets } = yield* SshTransportTestRef
          yield* until("both", () => held.length === 1 && sockets.length === 1)
          held[0]!()
        })
      })
    }))

  it.live("a command that takes longer is waited for at its session", () =>
    Effect.gen(function*() {
      let running: FakeProgram | undefined
      const costs = yield* costsOf("@web --exec new -- slow", {
        play: (program) => {
          if (program.spec.file === "slow") running = program
        },
        meanwhile: Effect.gen(function*() {
          const { sockets } = yield* SshTransportTestRef
          yield* until("somebody waits", () => sockets.length === 1)
          running!.exit(0)
        })
      })
      assert.deepStrictEqual(costs, { asked: ["create"], opened: ["new.sock"] })
    }))

  it.live("where no sockets are forwarded a host is asked no more than else", () =>
    Effect.gen(function*() {
      const { asked } = yield* costsOf("dev", {
        remembers: [dev],
        host: (own) => ({ ...own, forwardsNothing: true, refusesLate: true })
      })
      assert.deepStrictEqual(asked, ["sessions", "--bridge dev"])
    }))
})
