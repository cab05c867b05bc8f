import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { run } from "../../../src/commands/run.ts"
import * as SessionControlLive from "../../../src/layers/sessions/SessionControlLive.ts"
import { DaemonLauncherTestRef } from "../../../src/layers/testing/DaemonLauncherFake.ts"
import * as InputFake from "../../../src/layers/testing/InputFake.ts"
import * as Output from "../../../src/layers/testing/OutputFake.ts"
import type { FakeProgram } from "../../../src/layers/testing/PtyFake.ts"
import * as Tty from "../../../src/layers/testing/TtyFake.ts"
import { PROTOCOL } from "../../../src/schema/protocol/Control.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { machineOf, THERE } from "../../support/machines.ts"

interface Answer {
  readonly [field: string]: unknown
  readonly answer: { readonly [field: string]: any }
}

type Given = Parameters<typeof machineOf>[0] & { readonly pieces: ReadonlyArray<string | Uint8Array> }

/** What `sesh --serve` says to these pieces of standard input. */
const answerTo = <A = void>({ pieces, ...options }: Given, then: Effect.Effect<A, never, any> = Effect.void as any) =>
  Effect.gen(function*() {
    const code = yield* run(["--serve"])
    assert.strictEqual(code, 0)
    const { bytes, err } = yield* Output.OutputTestRef
    assert.deepStrictEqual(err, [])
    const line = Buffer.concat(bytes).toString()
    assert.match(line, /^[^\n]*\n$/)
    return [JSON.parse(line) as Answer, yield* then] as const
  }).pipe(
    Effect.provide(
      SessionControlLive.layer.pipe(
        Layer.provideMerge(machineOf(options)),
        Layer.provideMerge(
          Layer.mergeAll(Tty.layer(), Output.layer({ isTerminal: false }), InputFake.layer({ bytes: pieces }))
        )
      )
    )
  )

const request = (question: object, more?: object): string =>
  `${JSON.stringify({ version: 1, sesh: "9.9.9", protocol: { major: 1, minor: 9 }, question, ...more })}\n`

const create = { ask: "create", name: "dev", dir: "", size: { cols: 90, rows: 30 }, terminal: {}, awaited: false }

const specs = Effect.map(DaemonLauncherTestRef, ({ specs }) => specs)

describe("sesh --serve", () => {
  it.live("says who and where it is, and what there is; fields and pieces of later versions do not matter", () =>
    Effect.gen(function*() {
      const text = request({ ask: "sessions", later: 1 }, { later: 2 })
      const [answer] = yield* answerTo({
        pieces: [text.slice(0, 10), text.slice(10)],
        caller: { version: "1.2.3", agentSocket: () => "/tmp/ssh-x/agent.1" }
      })
      assert.deepStrictEqual(answer, {
        version: 1,
        sesh: "1.2.3",
        protocol: PROTOCOL,
        home: THERE,
        dir: `${THERE}/.sesh`,
        agent: "/tmp/ssh-x/agent.1",
        answer: { sessions: [] }
      })
    }))

  it.live("gives a session the modes and the pixels of the terminal there", () =>
    Effect.gen(function*() {
      const terminal = { modes: "00ff".repeat(30), size: { cols: 90, rows: 30, width: 900, height: 600 } }
      const [, [spec]] = yield* answerTo({ pieces: [request({ ...create, ...terminal })] }, specs)
      assert.deepInclude(spec, terminal)
    }))

  it.live("makes a session with the environment here and the terminal there, whose shell is a login shell", () =>
    Effect.gen(function*() {
      const terminal = { TERM: "xterm-kitty", LC_CTYPE: "C", LD_PRELOAD: "/tmp/x.so", LANG: "a\nb", COLORTERM: "" }
      const [{ answer }, [spec]] = yield* answerTo({ pieces: [request({ ...create, terminal })] }, specs)
      assert.isString(answer["created"].id)
      assert.deepStrictEqual(spec, {
        name: "dev" as SessionName,
        dir: THERE,
        env: {
          SHELL: "/bin/sh",
          HOME: THERE,
          PATH: "/there",
          SSH_CONNECTION: "1 2 3 4",
          TERM: "xterm-kitty",
          LC_CTYPE: "C"
        },
        size: { cols: 90, rows: 30 },
        awaited: false,
        login: true
      })
    }))

  it.live("gives a session the id that the other sesh has chosen, and one that is not its own none", () =>
    Effect.gen(function*() {
      const [{ answer }] = yield* answerTo({ pieces: [request({ ...create, id: "chosen-1" })] })
      assert.deepStrictEqual(answer, { created: { id: "chosen-1" } })
      const [refused] = yield* answerTo({ pieces: [request({ ...create, id: "a b" })] })
      assert.strictEqual(refused.answer["error"].kind, "request")
    }))

  it.live("a relative directory is seen from the home, wherever ssh has put us", () =>
    Effect.gen(function*() {
      for (const [dir, expected] of [["project", `${THERE}/project`], ["/srv", "/srv"]] as const) {
        const caller = { cwd: "/elsewhere" }
        const [, [spec]] = yield* answerTo({ pieces: [request({ ...create, dir })], caller }, specs)
        assert.strictEqual(spec?.dir, expected)
      }
    }))

  it.live("says why a session cannot be made, as its shell would", () =>
    Effect.gen(function*() {
      const problem = () => ({ problem: "no such command on the PATH", kind: "not found" }) as const
      const [{ answer }] = yield* answerTo({
        pieces: [request({ ...create, command: ["mkae"] })],
        pty: { problem }
      })
      assert.deepStrictEqual(answer, {
        error: { kind: "not found", message: "cannot start mkae: no such command on the PATH" }
      })
    }))

  it.live("says how a command has ended, if that is wanted and has come", () =>
    Effect.gen(function*() {
      const command = ["false"]
      const pty = { play: (program: FakeProgram) => program.exit(1) }
      const [{ answer }] = yield* answerTo({
        pieces: [request({ ...create, command, awaited: true, status: true })],
        pty
      })
      assert.deepStrictEqual(answer["created"].ended, { code: 1 })
      const [silent] = yield* answerTo({ pieces: [request({ ...create, command, awaited: true })], pty })
      assert.notProperty(silent.answer["created"], "ended")
      const [running] = yield* answerTo({ pieces: [request({ ...create, awaited: true, status: true })], pty: {} })
      assert.notProperty(running.answer["created"], "ended")
    }))

  it.live("makes nothing for one who could not talk to it", () =>
    Effect.gen(function*() {
      const protocol = { major: 2, minor: 0 }
      const [{ answer }, made] = yield* answerTo({ pieces: [request(create, { protocol })] }, specs)
      assert.strictEqual(answer["error"].kind, "version")
      assert.deepStrictEqual(made, [])
      const [listing] = yield* answerTo({ pieces: [request({ ask: "sessions" }, { protocol })] })
      assert.deepStrictEqual(listing.answer, { sessions: [] })
    }))

  it.live("remembers for others how a session ended", () =>
    Effect.gen(function*() {
      const [{ answer }] = yield* answerTo({ pieces: [request({ ask: "ended", name: "dev" })] })
      assert.deepStrictEqual(answer, { ended: null })
    }))

  it.live("answers also what is no question, one of a later version, and one without end", () =>
    Effect.gen(function*() {
      const large = Array.from({ length: 40 }, () => Buffer.alloc(64 * 1024, "x"))
      const strange: ReadonlyArray<readonly [string, ReadonlyArray<string | Uint8Array>]> = [
        ["request", []],
        ["request", ["\n"]],
        ["request", ["null\n"]],
        ["request", [Buffer.from([0xff, 0xfe, 0x0a])]],
        ["request", [request({ ask: "dance" })]],
        ["request", [request({ ...create, name: "../x" })]],
        ["request", [request({ ...create, command: [] })]],
        ["request", [request({ ...create, modes: "0x" })]],
        ["request", large],
        ["version", [`{"version":2,"sesh":"9.9.9"}\n`]]
      ]
      for (const [kind, pieces] of strange) {
        const [{ answer }] = yield* answerTo({ pieces })
        assert.strictEqual(answer["error"].kind, kind, String(pieces[0]).slice(0, 100))
      }
    }))
})
