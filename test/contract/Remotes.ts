import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import type * as Scope from "effect/Scope"
import * as Stream from "effect/Stream"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import * as EventLog from "../../src/layers/testing/EventLogFake.ts"
import * as HostMemoryFake from "../../src/layers/testing/HostMemoryFake.ts"
import * as Output from "../../src/layers/testing/OutputFake.ts"
import type { FakeProgram, PtyFakeOptions } from "../../src/layers/testing/PtyFake.ts"
import * as Surroundings from "../../src/layers/testing/SurroundingsFake.ts"
import * as Tty from "../../src/layers/testing/TtyFake.ts"
import { type HostName, parseHostName } from "../../src/schema/HostName.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { AttachClient } from "../../src/services/AttachClient.ts"
import { Caller as CallerService } from "../../src/services/Caller.ts"
import { DaemonLauncher } from "../../src/services/DaemonLauncher.ts"
import { HostMemory } from "../../src/services/HostMemory.ts"
import { type HostServices, Remotes } from "../../src/services/Remotes.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { SessionControl } from "../../src/services/SessionControl.ts"
import { SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { said } from "./HostMemory.ts"
import { until } from "./SessionServer.ts"

export const [web, down] = ["web", "down"].map((name) => Result.getOrThrow(parseHostName(name))) as [HostName, HostName]

const [dev, none] = ["dev", "none"] as Array<SessionName> as [SessionName, SessionName]

/** Where the suite's host has its home. */
export class There extends Context.Service<There, { readonly home: string }>()("test/There") {}

/** The one who calls: in a session here, with an agent here. */
export const here = Layer.mergeAll(
  Caller.layer({
    env: {
      SHELL: "/bin/nowhere",
      HOME: "/home/user",
      TERM: "xterm-256color",
      LC_ALL: "C.UTF-8",
      SECRET: "mine",
      SESH_SESSION: "here",
      SSH_AUTH_SOCK: "/tmp/agent-here"
    },
    cwd: "/home/user/project"
  }),
  Surroundings.layer(),
  Tty.layer(),
  HostMemoryFake.layer(),
  EventLog.layer().pipe(Layer.provideMerge(Output.layer({ isTerminal: false })))
)

/** Plays a shell that knows `exit`, and the commands of this suite, as a real one does. */
export const programs: PtyFakeOptions = {
  problem: ({ cwd, file }) =>
    file === "no-such-command"
      ? { problem: "no such command on the PATH", kind: "not found" }
      : cwd.endsWith("/nowhere")
      ? `the directory "${cwd}" does not exist`
      : undefined,
  play: (program: FakeProgram) => {
    const { args, cwd, env, file } = program.spec
    const [, script] = args
    if (script === "pwd; exit 3") {
      program.print(`${cwd}\r\n`)
      return program.exit(3)
    }
    if (script?.startsWith("echo $TERM") === true) {
      program.print(`${env["TERM"]} ${env["LC_ALL"]} ${env["SECRET"] ?? ""}\r\n`)
      return program.exit(0)
    }
    program.print(`${file} ${args.join(" ")}$ `)
    program.onTyped = (bytes) => {
      program.print(bytes)
      const code = /exit (\d+)\r/.exec(program.typed.toString())?.[1]
      if (code !== undefined) program.exit(Number(code))
    }
  }
}

const shell: SessionSpec = { name: dev, dir: "", env: {}, size: { cols: 80, rows: 24 }, awaited: false }

const command = (script: string): SessionSpec => ({ ...shell, command: ["sh", "-c", script], awaited: true })

type Suite = Remotes | HostMemory | There | Tty.TtyTestRef

/** What every Remotes promises. */
export const suite = (name: string, layer: Layer.Layer<Suite>, timeout = 10_000): void => {
  const test = <E>(
    title: string,
    use: Effect.Effect<void, E, Suite | HostServices | Scope.Scope>,
    host: HostName = web
  ) =>
    it.live(title, () =>
      Effect.gen(function*() {
        const services = yield* (yield* Remotes).at(host)
        yield* Effect.provideContext(use, services)
      }).pipe(Effect.scoped, Effect.provide(layer)), timeout)

  const tagOf = (effect: Effect.Effect<unknown, unknown, Scope.Scope>) =>
    Effect.map(Effect.flip(effect), (error) => (error as { readonly _tag: string })._tag)

  describe(`Remotes: ${name}`, () => {
    test(
      "a host is asked what there is, and remembered",
      Effect.gen(function*() {
        const remotes = yield* Remotes
        const { home } = yield* There
        const empty = yield* remotes.look(web)
        assert.deepInclude(empty, { host: web, home, dir: `${home}/.sesh`, sessions: [] })
        yield* (yield* DaemonLauncher).launch(shell)
        const known = yield* remotes.look(web)
        assert.deepStrictEqual(known.sessions.map(({ info, name }) => [name, info?.dir]), [[dev, home]])
        assert.deepStrictEqual(Option.map(yield* (yield* HostMemory).get(web), said), Option.some(known))
        assert.deepStrictEqual(yield* (yield* SessionRegistry).list, known.sessions)
        assert.deepStrictEqual(yield* (yield* SessionRegistry).names, [dev])
      })
    )

    test(
      "a session there is attached to, typed into, and ends as its shell does; that is remembered there",
      Effect.gen(function*() {
        const { id } = yield* (yield* DaemonLauncher).launch(shell)
        const terminal = yield* Tty.TtyTestRef
        const attach = (yield* AttachClient).attach({ name: dev, role: "attach", created: id })
        const attached = yield* Effect.forkChild(attach)
        yield* until("a prompt", () => /[$#] $/.test(terminal.screen.toString()), timeout)
        terminal.type("exit 5\r")
        assert.deepStrictEqual(yield* Fiber.join(attached), { _tag: "Exited", status: { code: 5 } })
        assert.deepInclude(yield* (yield* SessionControl).wait({ name: dev }), { status: { code: 5 } })
      })
    )

    test(
      "a session that was seen to end is not remembered as one of the host's",
      Effect.gen(function*() {
        const { look } = yield* Remotes
        const memory = yield* HostMemory
        const remembered = Effect.map(
          memory.get(web),
          (known) => Option.getOrThrow(known).sessions.map(({ name }) => name)
        )
        const { launch } = yield* DaemonLauncher
        yield* launch(shell)
        yield* look(web)
        assert.deepStrictEqual(yield* remembered, [dev])
        yield* (yield* SessionRegistry).kill(dev, 0)
        assert.deepStrictEqual(yield* remembered, [])

        const { id } = yield* launch(shell)
        yield* look(web)
        const terminal = yield* Tty.TtyTestRef
        const attached = yield* Effect.forkChild(
          (yield* AttachClient).attach({ name: dev, role: "attach", created: id })
        )
        yield* until("a prompt", () => /[$#] $/.test(terminal.screen.toString()), timeout)
        terminal.type("exit 5\r")
        yield* Fiber.join(attached)
        assert.deepStrictEqual(yield* remembered, [])
      })
    )

    test(
      "a session without a command is a login shell's",
      Effect.gen(function*() {
        yield* (yield* DaemonLauncher).launch(shell)
        const { info } = yield* (yield* SessionRegistry).get(dev)
        assert.match(info.foreground ?? "", / -l$/)
      })
    )

    test(
      "a command's directory is seen from the home there; its status and its output come here",
      Effect.gen(function*() {
        const { home } = yield* There
        const { launch } = yield* DaemonLauncher
        const { wait } = yield* SessionControl
        const { id } = yield* launch({ ...command("pwd; exit 3"), dir: "." })
        const { output, status } = yield* wait({ name: dev, created: id, capture: 1000 })
        assert.deepStrictEqual(status, { code: 3 })
        assert.match(Buffer.concat(output ?? []).toString(), new RegExp(`^${home}(/\\.)?\r\n$`))
      })
    )

    test(
      "a session has the terminal's variables from here, and no others",
      Effect.gen(function*() {
        const { env } = yield* CallerService
        assert.deepStrictEqual(env, { TERM: "xterm-256color", LC_ALL: "C.UTF-8" })
        const { id } = yield* (yield* DaemonLauncher).launch({
          ...command("echo $TERM $LC_ALL $SECRET"),
          env: { ...env, SECRET: "mine" } as Record<string, string>
        })
        const { output } = yield* (yield* SessionControl).wait({ name: dev, created: id, capture: 1000 })
        assert.strictEqual(Buffer.concat(output ?? []).toString().trim(), "xterm-256color C.UTF-8")
      })
    )

    test(
      "who calls is in no session there, and has no agent there; a path under the home here is one under the home there",
      Effect.gen(function*() {
        const caller = yield* CallerService
        assert.strictEqual(caller.cwd, "")
        assert.isUndefined(caller.agentSocket())
        // A host does not say what it runs, nor who we are to it: what this machine says of itself is not passed off.
        assert.notProperty(caller, "uid")
        assert.notProperty(caller, "platform")
        const paths = ["", ".", "project", "/srv", "/home/user", "/home/user/project/x", "~", "~/x", "/home/username"]
        assert.deepStrictEqual(paths.map(caller.resolve), [
          "",
          ".",
          "project",
          "/srv",
          "",
          "project/x",
          "",
          "x",
          "/home/username"
        ])
        yield* (yield* Remotes).look(web)
        assert.strictEqual((yield* CallerService).home, (yield* There).home)
      })
    )

    test(
      "a name that is taken there is taken",
      Effect.gen(function*() {
        const { launch } = yield* DaemonLauncher
        yield* launch(shell)
        assert.strictEqual(yield* tagOf(launch(shell)), "SessionExists")
      })
    )

    test(
      "what cannot be started is told in the host's words",
      Effect.gen(function*() {
        const { launch } = yield* DaemonLauncher
        const { home } = yield* There
        const lost = yield* Effect.flip(launch({ ...shell, dir: "nowhere" }))
        assert.strictEqual(lost._tag, "LaunchError")
        assert.include(lost.message, `the directory "${home}/nowhere" does not exist`)
        const unknown = yield* Effect.flip(launch({ ...shell, command: ["no-such-command"] }))
        assert.deepInclude(unknown, { _tag: "LaunchError", kind: "not found" })
      })
    )

    test(
      "a session there is typed into and shows it, lets its clients go, and is ended",
      Effect.gen(function*() {
        const control = yield* SessionControl
        const registry = yield* SessionRegistry
        yield* (yield* DaemonLauncher).launch(shell)
        yield* control.send(dev, Stream.make(Buffer.from("some words")))
        let shown = ""
        while (!shown.includes("some words")) {
          shown = Buffer.concat(yield* control.history(dev, { ansi: false })).toString()
        }
        const watching = yield* Effect.forkChild((yield* AttachClient).attach({ name: dev, role: "watch" }))
        const terminal = yield* Tty.TtyTestRef
        yield* until("it is shown", () => terminal.screen.includes("some words"), timeout)
        assert.strictEqual(yield* registry.detach(dev, "dinner"), 1)
        assert.deepStrictEqual(yield* Fiber.join(watching), { _tag: "Detached", by: "other", reason: "dinner" })
        assert.deepStrictEqual(yield* registry.kill(dev, 1000), { code: 0, signal: 1 })
        assert.deepStrictEqual(yield* registry.names, [])
      })
    )

    test(
      "of a session that is not there everybody says so",
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const control = yield* SessionControl
        // Once before the host was asked, and once after.
        for (const _ of [1, 2]) {
          const attempts: ReadonlyArray<Effect.Effect<unknown, unknown, Scope.Scope>> = [
            registry.get(none),
            registry.kill(none, 0),
            registry.detach(none),
            control.wait({ name: none }),
            control.history(none, { ansi: false }),
            (yield* AttachClient).attach({ name: none, role: "attach" })
          ]
          for (const attempt of attempts) assert.strictEqual(yield* tagOf(attempt), "NoSession")
        }
      })
    )

    test(
      "a host that cannot be reached is a failure of whatever is asked of it, and worth another try",
      Effect.gen(function*() {
        const registry = yield* SessionRegistry
        const attempts: ReadonlyArray<Effect.Effect<unknown, unknown, Scope.Scope>> = [
          (yield* Remotes).look(down),
          registry.list,
          registry.get(dev),
          (yield* SessionControl).wait({ name: dev }),
          (yield* DaemonLauncher).launch(shell),
          (yield* AttachClient).attach({ name: dev, role: "attach" }),
          (yield* SessionClient).connect(dev)
        ]
        for (const attempt of attempts) {
          const error = yield* Effect.flip(attempt)
          assert.deepInclude(error, { _tag: "HostError", host: down, kind: "unreachable", isPassing: true })
        }
        assert.deepStrictEqual(yield* registry.names, [])
        assert.isTrue(Option.isNone(yield* (yield* HostMemory).get(down)))
      }),
      down
    )

    test(
      "nothing is connected before something is asked",
      Effect.gen(function*() {
        assert.strictEqual((yield* SessionClient).host, down)
        assert.strictEqual((yield* CallerService).cwd, "")
        assert.isTrue(Exit.isSuccess(yield* Effect.exit((yield* Remotes).at(down))))
      }),
      down
    )
  })
}
