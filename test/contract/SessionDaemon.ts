import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as Layer from "effect/Layer"
import * as Scope from "effect/Scope"
import type { FakeProgram, PtyFakeOptions } from "../../src/layers/testing/PtyFake.ts"
import type { Role } from "../../src/schema/protocol/Control.ts"
import type { SessionSpec } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { SessionDaemon } from "../../src/services/SessionDaemon.ts"
import { join } from "../support/fakeClient.ts"
import { until } from "./SessionServer.ts"

const dev = "dev" as SessionName

/** Says when it is there, and ends with 3 once a line is typed. */
const LINE = "echo there; read line; exit 3"

/** Says when it is there, and is ended by SIGKILL alone. */
const DEAF = "trap '' HUP TERM; echo there; while :; do sleep 1; done"

const command = ["sh", "-c", LINE]

const shell: SessionSpec = {
  name: dev,
  dir: "/",
  env: { PATH: "/usr/bin:/bin", TERM: "xterm" },
  size: { cols: 90, rows: 30 },
  awaited: false
}

/** An interactive shell, as far as it takes to leave it. */
const playShell = (program: FakeProgram) => {
  let line = ""
  program.print("$ ")
  program.onTyped = (bytes) => {
    line += String(bytes)
    const status = /^exit (\d+)\r/.exec(line)?.[1]
    if (status !== undefined) program.exit(Number(status))
  }
}

/** Plays the programs of this suite as a real terminal and a real shell do. */
export const programs: PtyFakeOptions = {
  problem: ({ file }) =>
    ["sh", "/bin/sh"].includes(file) ? undefined : { problem: "there is no such file", kind: "not found" },
  play: (program: FakeProgram) => {
    const script = program.spec.args.at(-1)
    if (script === undefined) return playShell(program)
    program.deaf = script === DEAF
    program.print("there\r\n")
    program.onTyped = (bytes) => {
      program.print(bytes)
      if (script === LINE && bytes.includes("\r")) program.exit(3)
    }
  }
}

type Suite = SessionDaemon | SessionClient

/** What every SessionDaemon promises. */
export const suite = <E>(name: string, layer: Layer.Layer<Suite, E>): void => {
  const test = <E>(title: string, effect: Effect.Effect<void, E, Suite | Scope.Scope>) =>
    it.live(title, () => effect.pipe(Effect.scoped, Effect.provide(layer)))

  const start = (more?: Partial<SessionSpec>) =>
    Effect.flatMap(SessionDaemon, (daemon) => daemon.start({ ...shell, command, ...more }))

  /** A client that has been let in. */
  const client = Effect.fnUntraced(function*(role: Role) {
    const joined = yield* join(dev, role)
    yield* until("a welcome", () => joined.welcome !== undefined)
    return joined
  })

  /** The program runs, and a client is attached to it. */
  const attached = Effect.fnUntraced(function*(more?: Partial<SessionSpec>) {
    const session = yield* start(more)
    const first = yield* client("attach")
    yield* until("the program", () => `${first.restored ?? ""}${first.output}`.includes("there"))
    return { session, first }
  })

  const isFree = Effect.gen(function*() {
    const connecting = Effect.scoped((yield* SessionClient).connect(dev))
    assert.strictEqual((yield* Effect.flip(connecting))._tag, "NoSession")
  })

  describe(`SessionDaemon: ${name}`, () => {
    test(
      "a session can be attached to once it is started, and is as it was asked for",
      Effect.gen(function*() {
        const { info } = yield* start()
        const { dir, name, size } = shell
        assert.deepInclude(info, { name, dir, size, command, clients: [] })
        const { welcome } = yield* client("attach")
        assert.deepInclude(welcome?.info, { id: info.id, pid: info.pid, name, dir, size, command })
      })
    )

    test(
      "a command that is too long to be listed is said to be there",
      Effect.gen(function*() {
        const word = "x".repeat(10_000)
        const listed = [...command, ...Array.from({ length: 40 }, () => word)]
        const { info } = yield* Effect.scoped(start({ command: listed }))
        assert.deepStrictEqual([info.command, info.hasLongCommand], [listed, undefined])
        const long = yield* Effect.scoped(start({ command: [...listed, ...listed] }))
        assert.deepStrictEqual([long.info.command, long.info.hasLongCommand], [undefined, true])
      })
    )

    test(
      "a later client gets what was shown before, then live output as all others",
      Effect.gen(function*() {
        const { first } = yield* attached()
        first.type("early")
        yield* until("the echo", () => first.output.includes("early"))
        const second = yield* client("watch")
        yield* until("a replay", () => second.restored !== undefined)
        assert.include(second.restored, "early")
        first.type("late")
        yield* until("the echo on both", () => [first, second].every(({ output }) => output.includes("late")))
        assert.notInclude(second.output, "early")
      })
    )

    test(
      "it has ended when its program has, and all clients were told how",
      Effect.gen(function*() {
        const { first, session } = yield* attached()
        const second = yield* client("watch")
        first.type("\r")
        assert.deepStrictEqual(yield* session.ended, { code: 3 })
        yield* until("both heard it", () => [first, second].every(({ exit }) => exit !== undefined))
        assert.deepStrictEqual([first.exit, second.exit], [{ code: 3 }, { code: 3 }])
        yield* isFree
      })
    )

    test(
      "killing hangs its terminal up",
      Effect.gen(function*() {
        const { first, session } = yield* attached()
        yield* session.kill(60_000)
        assert.deepStrictEqual(yield* session.ended, { code: 0, signal: 1 })
        yield* until("the client heard it", () => first.exit !== undefined)
      })
    )

    test(
      "killing does not wait; what is left after the grace is killed",
      Effect.gen(function*() {
        const { first, session } = yield* attached({ command: ["sh", "-c", DEAF] })
        yield* session.kill(100)
        assert.isUndefined(first.exit)
        assert.deepStrictEqual(yield* session.ended, { code: 0, signal: 9 })
      })
    )

    test(
      "the end of its scope is its end: clients lose it, and the name is free",
      Effect.gen(function*() {
        const scope = yield* Scope.fork(yield* Effect.scope)
        const { first, session } = yield* Scope.provide(attached(), scope)
        yield* Scope.close(scope, Exit.void)
        yield* until("the connection ended", () => first.closed !== undefined)
        yield* isFree
        const again = yield* start()
        assert.notStrictEqual(again.info.id, session.info.id)
      })
    )

    test(
      "a name that is taken is taken, and its session goes on",
      Effect.gen(function*() {
        const { first } = yield* attached()
        assert.strictEqual((yield* Effect.flip(start()))._tag, "SessionExists")
        first.type("still here")
        yield* until("the echo", () => first.output.includes("still here"))
      })
    )

    test(
      "a program that cannot be started leaves nothing behind",
      Effect.gen(function*() {
        const error = yield* Effect.flip(start({ command: ["/no/such/program"] }))
        assert.deepInclude(error, { _tag: "PtyError", kind: "not found" })
        yield* isFree
        yield* attached()
      })
    )

    for (
      const [whose, env] of [
        ["SHELL's", { SHELL: "/bin/sh" }],
        ["the account's, where SHELL is not set", {}],
        ["the account's, where SHELL is empty", { SHELL: "" }]
      ] as const
    ) {
      test(
        `without a command it runs a shell: ${whose}`,
        Effect.gen(function*() {
          const daemon = yield* SessionDaemon
          const session = yield* daemon.start({ ...shell, env })
          const first = yield* client("attach")
          yield* until("a prompt", () => /[$#] /.test(`${first.restored ?? ""}${first.output}`))
          first.type("exit 3\r")
          assert.deepStrictEqual(yield* session.ended, { code: 3 })
        })
      )
    }

    test(
      "a shell that is no absolute path is refused",
      Effect.gen(function*() {
        const daemon = yield* SessionDaemon
        const error = yield* Effect.flip(daemon.start({ ...shell, env: { SHELL: "sh" } }))
        assert.strictEqual(error._tag, "SpecError")
        assert.include(error.message, `SHELL is "sh", not an absolute path`)
        yield* isFree
      })
    )
  })
}
