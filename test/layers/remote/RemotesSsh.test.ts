import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as AttachClientLive from "../../../src/layers/attach/AttachClientLive.ts"
import * as RemotesSsh from "../../../src/layers/remote/RemotesSsh.ts"
import * as SessionControlLive from "../../../src/layers/sessions/SessionControlLive.ts"
import * as Caller from "../../../src/layers/testing/CallerFake.ts"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import * as EventLogFake from "../../../src/layers/testing/EventLogFake.ts"
import * as HostMemoryFake from "../../../src/layers/testing/HostMemoryFake.ts"
import { layer as network, NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import * as OutputFake from "../../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import * as SessionClientFake from "../../../src/layers/testing/SessionClientFake.ts"
import * as SessionFilesFake from "../../../src/layers/testing/SessionFilesFake.ts"
import {
  type FakeSshHost,
  layer as sshFake,
  SshTransportTestRef
} from "../../../src/layers/testing/SshTransportFake.ts"
import * as SurroundingsFake from "../../../src/layers/testing/SurroundingsFake.ts"
import * as Tty from "../../../src/layers/testing/TtyFake.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { AttachClient } from "../../../src/services/AttachClient.ts"
import type { ConnectionEnd } from "../../../src/services/Connection.ts"
import { DaemonLauncher } from "../../../src/services/DaemonLauncher.ts"
import { HostMemory } from "../../../src/services/HostMemory.ts"
import { Remotes } from "../../../src/services/Remotes.ts"
import { SessionClient } from "../../../src/services/SessionClient.ts"
import { SessionControl } from "../../../src/services/SessionControl.ts"
import { SessionRegistry } from "../../../src/services/SessionRegistry.ts"
import { HostUnreachable } from "../../../src/services/SshTransport.ts"
import { known } from "../../contract/HostMemory.ts"
import { here, programs, web } from "../../contract/Remotes.ts"
import { brokenBy, errorOf, until } from "../../contract/SessionServer.ts"
import { line, remotesOn, saying } from "../../support/hostAnswers.ts"
import { askedBy, machineOf, sshHostOf, THERE } from "../../support/machines.ts"
import { turns } from "../../support/turns.ts"

const [dev, none] = ["dev", "none"] as Array<SessionName> as [SessionName, SessionName]

const spec = { name: dev, dir: "", env: {}, size: { cols: 80, rows: 24 }, awaited: false }
const SHELL = { SHELL: "/bin/sh" }

/** A host with a machine behind it. */
const withMachine = <A, E>(
  options: {
    /** Where its sockets were when it was asked last. */
    readonly before?: string
    /** There is one. */
    readonly session?: boolean
    readonly host?: (host: FakeSshHost) => FakeSshHost
  },
  use: Effect.Effect<A, E, any>
) =>
  Effect.gen(function*() {
    const machine = yield* Layer.build(machineOf({ pty: programs }))
    if (options.session === true) {
      yield* Context.get(machine, DaemonLauncher).launch({ ...spec, dir: THERE, env: SHELL })
    }
    const own = sshHostOf(machine)
    const hosts = HostMemoryFake.layer(
      options.before === undefined ? [] : [{ ...known("web", "dev"), home: "/old", dir: options.before }]
    )
    const caller = Caller.layer({
      env: { SESH_SESSION: "here", SSH_AUTH_SOCK: "/tmp/agent-here", SESH_DETACH_KEY: "^]", TERM: "xterm" }
    })
    const remotes = yield* Layer.build(RemotesSsh.layer.pipe(
      Layer.provideMerge(sshFake({ web: options.host?.(own) ?? own })),
      Layer.provideMerge(EventLogFake.layer()),
      Layer.provideMerge(
        Layer.mergeAll(caller, Tty.layer(), OutputFake.layer({ isTerminal: false }), SurroundingsFake.layer(), hosts)
      )
    ))
    const there = yield* Context.get(remotes, Remotes).at(web)
    const all = Context.merge(Context.merge(machine, remotes), there)
    return yield* Effect.provideContext(use, all as Context.Context<any>)
  }).pipe(Effect.scoped)

const launch = Effect.flatMap(
  DaemonLauncher,
  ({ launch }) => launch(spec)
)

const started = Effect.map(SshTransportTestRef, ({ started }) => started.map(({ argv }) => askedBy(argv)))

describe("sessions on another host", () => {
  it.live("a question that is too long for a command line follows it", () =>
    withMachine(
      {},
      Effect.gen(function*() {
        const long = "x".repeat(300_000)
        yield* (yield* DaemonLauncher).launch({ ...spec, command: ["sh", "-c", long] })
        assert.deepStrictEqual((yield* DaemonLauncherTestRef).specs.map(({ command }) => command), [["sh", "-c", long]])
        assert.deepStrictEqual(yield* started, ["--serve"])
      })
    ))

  it.live("a host that is known is not asked where its sockets are", () =>
    withMachine(
      { before: `${THERE}/.sesh`, session: true },
      Effect.gen(function*() {
        yield* (yield* SessionRegistry).get(dev)
        assert.deepStrictEqual(yield* started, [])
      })
    ))

  for (const refusesLate of [false, true]) {
    const when = refusesLate ? "late" : "at once"
    const host = (own: FakeSshHost): FakeSshHost => ({ ...own, refusesLate })

    it.live(`a host that was set up again, and refuses ${when}, is asked where its sockets are now`, () =>
      withMachine(
        { before: "/old/.sesh", session: true, host },
        Effect.gen(function*() {
          assert.strictEqual((yield* (yield* SessionRegistry).get(dev)).info.name, dev)
          assert.deepStrictEqual(yield* started, ["sessions"])
          const remembered = Option.getOrThrow(yield* (yield* HostMemory).get(web))
          assert.deepInclude(remembered, { home: THERE, dir: `${THERE}/.sesh` })
          assert.deepStrictEqual(remembered.sessions.map(({ name }) => name), [dev])
        })
      ))

    it.live(`a session that is not there any more, and is refused ${when}, is missed by everybody`, () =>
      withMachine(
        { before: `${THERE}/.sesh`, host },
        Effect.gen(function*() {
          const attempts: ReadonlyArray<Effect.Effect<unknown, unknown>> = [
            (yield* AttachClient).attach({ name: dev, role: "attach" }),
            (yield* SessionRegistry).kill(dev, 0),
            (yield* SessionControl).history(dev, { ansi: false })
          ]
          for (const attempt of attempts) {
            assert.strictEqual((yield* Effect.flip(attempt) as Effect.Effect<{ _tag: string }>)._tag, "NoSession")
          }
        })
      ))

    it.live(`a host that lets us in no more while it is asked, having refused ${when}, says why`, () =>
      withMachine(
        { before: "/old/.sesh", host: (own) => ({ ...host(own), ...saying("", { code: 127 }) }) },
        Effect.gen(function*() {
          const attempt = (yield* AttachClient).attach({ name: dev, role: "attach" })
          assert.deepInclude(yield* Effect.flip(attempt), { _tag: "HostError", kind: "no sesh" })
        })
      ))
  }

  it.live("where no sockets are forwarded, a bridge leads to the session, and says when there is none", () =>
    withMachine(
      { host: (host) => ({ ...host, forwardsNothing: true }) },
      Effect.gen(function*() {
        yield* launch
        yield* (yield* SessionRegistry).get(dev)
        for (const attempt of [(yield* SessionControl).wait({ name: none }), (yield* SessionRegistry).get(none)]) {
          const error = yield* Effect.flip(attempt as Effect.Effect<unknown, { readonly _tag: string }>)
          assert.strictEqual(error._tag, "NoSession")
        }
        assert.includeMembers([...(yield* started)], ["--bridge dev", "--bridge none"])
      })
    ))

  /** A host whose nth answer is lost with the connection, what it was asked to do being done. */
  const losing = (cut: () => void, minor?: number) => (own: FakeSshHost): FakeSshHost => {
    let count = 0
    return {
      ...own,
      play: (program) => {
        const isFirst = count++ === 0
        if (!isFirst && minor !== undefined) return saying(line({ protocol: { major: 1, minor } })).play!(program)
        const write = (bytes: Buffer) => {
          if (isFirst) cut()
          return isFirst || program.stdio.write(bytes)
        }
        own.play!({ ...program, stdio: { ...program.stdio, write } })
      }
    }
  }

  const lines = Effect.map(OutputFake.OutputTestRef, ({ err }) => err)

  it.live("a session is made once, whatever breaks while its host is asked, also if it has ended since", () =>
    Effect.gen(function*() {
      for (const hasEnded of [false, true]) {
        let cut = () => {}
        yield* withMachine(
          { host: losing(() => cut()) },
          Effect.gen(function*() {
            const fake = yield* SshTransportTestRef
            const { sessions, specs } = yield* DaemonLauncherTestRef
            const programs = yield* PtyTestRef
            cut = () => {
              fake.cut(web)
              if (hasEnded) programs.last().exit(0)
            }
            const { id } = yield* launch
            assert.deepStrictEqual(specs.map((made) => made.id), [id])
            assert.deepStrictEqual(sessions.map(({ info }) => info.id), [id])
            assert.deepStrictEqual(yield* started, ["create", "ended", "create"])
            assert.deepStrictEqual(yield* lines, [
              "[connection to web lost, trying again]",
              "[connection to web is back]"
            ])
          })
        )
      }
    }))

  it.live("an older host is not asked twice to make a session: it may have made it", () => {
    let cut = () => {}
    return withMachine(
      { host: losing(() => cut(), 3) },
      Effect.gen(function*() {
        const fake = yield* SshTransportTestRef
        cut = () => fake.cut(web)
        assert.deepInclude(yield* Effect.flip(launch), { _tag: "HostError", kind: "lost" })
        assert.deepStrictEqual(yield* started, ["create", "ended"])
      })
    )
  })

  it.live("a session that was made is remembered as one of the host's", () =>
    withMachine(
      {},
      Effect.gen(function*() {
        yield* launch
        const { sessions } = Option.getOrThrow(yield* (yield* HostMemory).get(web))
        assert.deepStrictEqual(sessions, [{ name: dev }])
      })
    ))

  it.live("the session there hears nothing of the session and the agent here; the key that detaches is mine", () =>
    withMachine(
      {},
      Effect.gen(function*() {
        yield* launch
        const terminal = yield* Tty.TtyTestRef
        const attached = yield* Effect.forkChild((yield* AttachClient).attach({ name: dev, role: "attach" }))
        yield* until("a prompt", () => terminal.screen.includes("$ "))
        const { info } = yield* (yield* SessionRegistry).get(dev)
        assert.deepStrictEqual(info.clients.map(({ role, within }) => [role, within]), [["attach", undefined]])
        assert.deepStrictEqual([...(yield* SessionFilesFake.SessionFilesTestRef).agents.values()], [])
        terminal.type("\x1d")
        assert.deepInclude(yield* Fiber.join(attached), { _tag: "Detached", by: "key" })
      })
    ))

  it.live.each<readonly [string, string | undefined, Partial<FakeSshHost>, string | undefined]>([
    ["the path that it prints", "/agent", saying("/tmp/ssh-x/agent.1"), "/tmp/ssh-x/agent.1"],
    ["none where none is forwarded", undefined, saying("/tmp/ssh-x/agent.1"), undefined],
    ["none where it prints nothing", "/agent", saying(""), undefined],
    ["none where it prints no path", "/agent", saying("agent.1"), undefined],
    ["none where it prints control characters", "/agent", saying("/tmp/\u001b[2J"), undefined],
    ["none where it prints several lines", "/agent", saying("/tmp/ssh-x/agent.1\n/tmp/x"), undefined],
    ["none where it prints without end", "/agent", saying("/a".repeat(100_000)), undefined],
    ["none where it runs no programs", "/agent", {}, undefined],
    [
      "none where it lets nobody in",
      "/agent",
      { failure: new HostUnreachable({ host: "web", reason: "refused", words: "" }) },
      undefined
    ]
  ])("of the agent that is forwarded a host says %s", ([, agent, host, expected]) =>
    Effect.gen(function*() {
      const services = yield* (yield* Remotes).at(web, { prompts: "interactive" })
      const found = yield* Context.get(services, SessionClient).agent
      assert.strictEqual(Option.getOrUndefined(found), expected)
      const { attempts } = yield* SshTransportTestRef
      assert.isFalse(attempts.some(({ prompts }) => prompts === "interactive"))
      if (agent === undefined) assert.deepStrictEqual(attempts, [])
    }).pipe(Effect.provide(remotesOn({ ...host, description: { agent } }))))

  it.live("a connection that breaks is the host's fault, and not the session's end, which is waited for", () =>
    withMachine(
      {},
      Effect.gen(function*() {
        yield* launch
        const fake = yield* SshTransportTestRef
        const { links } = yield* NetworkTestRef
        assert.strictEqual(links.length, 0)
        const waiting = yield* Effect.forkChild((yield* SessionControl).wait({ name: dev }))
        const connection = yield* (yield* SessionClient).connect(dev)
        const ends: Array<ConnectionEnd> = []
        connection.listen({ onFrame: () => {}, onDrain: () => {}, onClose: (end) => ends.push(end) })
        yield* turns
        fake.cut(web, "closed by the test")
        yield* until("it is heard", () => ends.length === 1)
        assert.include(brokenBy(ends[0]!), "the connection to web is lost")
        // Not a byte had come of it: then what is lost is the way to the host.
        assert.deepInclude(errorOf(ends[0]!), { _tag: "HostError", kind: "lost", host: web })
        ;(yield* PtyTestRef).last().exit(3)
        assert.deepStrictEqual((yield* Fiber.join(waiting)).status, { code: 3 })
      })
    ))

  it.live("whether a session was ended when the connection broke nobody knows", () =>
    withMachine(
      {},
      Effect.gen(function*() {
        yield* launch
        const program = (yield* PtyTestRef).last()
        program.deaf = true
        const killing = yield* Effect.forkChild(Effect.flip((yield* SessionRegistry).kill(dev, 60_000)))
        yield* until("it was asked to end", () => program.signals.includes("SIGHUP"))
        ;(yield* SshTransportTestRef).cut(web)
        assert.deepInclude(yield* Fiber.join(killing), { _tag: "HostError", kind: "lost" })
      })
    ))

  it.live("a session there has the modes and the size of this terminal", () =>
    Effect.gen(function*() {
      const [modes, size] = ["00ff".repeat(30), { cols: 90, rows: 30, width: 900, height: 600 }]
      const machine = yield* Layer.build(machineOf({ pty: programs }))
      const remotes = yield* Layer.build(RemotesSsh.layer.pipe(
        Layer.provide(sshFake({ web: sshHostOf(machine) })),
        Layer.provide(Tty.layer({ modes, size })),
        Layer.provide(here)
      ))
      const there = yield* Context.get(remotes, Remotes).at(web)
      yield* Context.get(there, DaemonLauncher).launch({ ...spec, size: { cols: 90, rows: 30 } })
      assert.deepInclude(Context.get(machine, DaemonLauncherTestRef).specs[0], { modes, size })
    }).pipe(Effect.scoped))

  it.live("services of this machine are not taken for those of the host", () =>
    Effect.gen(function*() {
      const machine = yield* Layer.build(machineOf())
      yield* Context.get(machine, DaemonLauncher).launch({ ...spec, dir: THERE, env: SHELL })
      const services = Layer.mergeAll(RemotesSsh.layer, SessionControlLive.layer, AttachClientLive.layer).pipe(
        Layer.provide(sshFake({ web: sshHostOf(machine) })),
        Layer.provide(Layer.mergeAll(SessionClientFake.layer, SessionFilesFake.layer)),
        Layer.provide(Layer.mergeAll(network(), here))
      )
      yield* Effect.gen(function*() {
        const there = yield* (yield* Remotes).at(web)
        yield* Context.get(there, SessionControl).history(dev, { ansi: false })
        const own = yield* Effect.flip((yield* SessionControl).history(dev, { ansi: false }))
        assert.strictEqual(own._tag, "NoSession")
      }).pipe(Effect.provide(services))
    }).pipe(Effect.scoped))
})
