import { assert, describe, it } from "@effect/vitest"
import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import type * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { type TtyFakeOptions, TtyTestRef } from "../../src/layers/testing/TtyFake.ts"
import type { ExitStatus } from "../../src/schema/Session.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { AttachClient, type AttachOptions } from "../../src/services/AttachClient.ts"
import { eventually, settle } from "../support/fakeClient.ts"

const [dev, none] = ["dev", "none"] as Array<SessionName> as [SessionName, SessionName]

/** A session as the suite plays it. */
export interface Played {
  readonly id: string
  readonly print: (text: string) => void
  readonly exit: (status: ExitStatus) => void
  readonly typed: () => string
  /** Sizes that its clients gave it. */
  readonly sizes: () => ReadonlyArray<unknown>
  /** Somebody else detaches all its clients. */
  readonly detach: (reason?: string) => Effect.Effect<void>
  /** Its process is gone, without a word. */
  readonly vanish: Effect.Effect<void>
  /** The connections to it break, and can be made again once `resume` is run. */
  readonly lose: Effect.Effect<void>
  readonly resume: Effect.Effect<void>
  /** They break, and can be made again by who logs in, while the terminal is lent. */
  readonly lock: Effect.Effect<void>
}

export class Stage extends Context.Service<Stage, {
  readonly start: (name: SessionName) => Effect.Effect<Played>
}>()("test/AttachClient/Stage") {}

/** Where the suite attaches. */
export interface Place {
  readonly tty?: TtyFakeOptions
  readonly env?: Readonly<Record<string, string>>
  /** The session is on another host. */
  readonly host?: string
}

type Suite = AttachClient | Stage | TtyTestRef

const ATTACH = { name: dev, role: "attach" } as const
const WATCH = { name: dev, role: "watch" } as const

/** What every AttachClient promises. */
export const suite = (name: string, layerAt: (place: Place) => Layer.Layer<Suite>): void => {
  const test = <E>(title: string, place: Place, effect: Effect.Effect<void, E, Suite | Scope.Scope>) =>
    it.effect(title, () => effect.pipe(Effect.scoped, Effect.provide(layerAt(place))))

  /** Attaches to a session that has shown a prompt, and waits until that is shown. */
  const attached = Effect.fnUntraced(function*(options: AttachOptions) {
    const session = yield* (yield* Stage).start(dev)
    session.print("$ ")
    yield* settle
    const terminal = yield* TtyTestRef
    const attaching = yield* Effect.forkChild((yield* AttachClient).attach(options))
    yield* eventually("the prompt", () => terminal.screen.includes("$ "))
    const ends = Effect.map(Fiber.join(attaching), (end) => {
      assert.deepStrictEqual([terminal.isOpen, terminal.isRaw], [false, false])
      return end
    })
    return { session, terminal, ends }
  })

  describe(`AttachClient: ${name}`, () => {
    test(
      "what was shown and what is shown is shown, what is typed is typed; it ends as the program does",
      {},
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(ATTACH)
        assert.isTrue(terminal.isRaw)
        terminal.type("ls\r")
        yield* eventually("the typing", () => session.typed() === "ls\r")
        session.print("file")
        yield* eventually("the output", () => terminal.screen.includes("$ file"))
        session.exit({ code: 3 })
        assert.deepStrictEqual(yield* ends, { _tag: "Exited", status: { code: 3 } })
      })
    )

    test(
      "what was shown just before the end is shown",
      {},
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(ATTACH)
        session.print("last words")
        session.exit({ code: 0, signal: 15 })
        assert.deepStrictEqual(yield* ends, { _tag: "Exited", status: { code: 0, signal: 15 } })
        assert.include(terminal.screen.toString(), "last words")
      })
    )

    test(
      "who has created a session is shown everything since its beginning",
      {},
      Effect.gen(function*() {
        const session = yield* (yield* Stage).start(dev)
        session.print("first ")
        yield* settle
        const terminal = yield* TtyTestRef
        const attach = (yield* AttachClient).attach({ ...ATTACH, created: session.id })
        yield* Effect.forkChild(attach)
        yield* eventually("the beginning", () => terminal.screen.toString() === "first ")
        session.print("second")
        yield* eventually("the rest", () => terminal.screen.toString() === "first second")
      })
    )

    test(
      "the key detaches, is not typed, and the session goes on",
      {},
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(ATTACH)
        terminal.type("x\x1c")
        assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "key" })
        yield* settle
        assert.strictEqual(session.typed(), "x")
        const again = yield* Effect.forkChild((yield* AttachClient).attach(ATTACH))
        yield* eventually("the terminal", () => terminal.opened === 2 && terminal.isOpen)
        yield* settle
        terminal.type("\x1c")
        assert.deepStrictEqual(yield* Fiber.join(again), { _tag: "Detached", by: "key" })
      })
    )

    test(
      "the key is the user's own",
      { env: { SESH_DETACH_KEY: "^a" } },
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(ATTACH)
        terminal.type("\x1c")
        yield* eventually("the typing", () => session.typed() === "\x1c")
        terminal.type("\x01")
        assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "key" })
      })
    )

    test(
      "a key that makes no sense is refused, and nothing is touched",
      { env: { SESH_DETACH_KEY: "^i" } },
      Effect.gen(function*() {
        yield* (yield* Stage).start(dev)
        assert.strictEqual((yield* Effect.flip((yield* AttachClient).attach(ATTACH)))._tag, "InvalidDetachKey")
        assert.strictEqual((yield* TtyTestRef).opened, 0)
      })
    )

    for (const reason of [undefined, "dinner"]) {
      test(
        `somebody else detaches it${reason === undefined ? "" : ", and says why"}`,
        {},
        Effect.gen(function*() {
          const { ends, session } = yield* attached(ATTACH)
          yield* session.detach(reason)
          const why = reason === undefined ? {} : { reason }
          assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "other", ...why })
        })
      )
    }

    test(
      "an input that ends is typed whole before it detaches, keys and all",
      { tty: { inputIsTerminal: false } },
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(ATTACH)
        terminal.type("one\x1c")
        terminal.type("two\r")
        terminal.endInput()
        assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "end of input" })
        yield* settle
        assert.strictEqual(session.typed(), "one\x1ctwo\r")
      })
    )

    test(
      "a signal ends it, and the session goes on",
      {},
      Effect.gen(function*() {
        const { ends, terminal } = yield* attached(ATTACH)
        terminal.signal("SIGTERM")
        assert.deepStrictEqual(yield* ends, { _tag: "Signal", signal: "SIGTERM" })
      })
    )

    test(
      "a session whose process goes without a word is lost",
      {},
      Effect.gen(function*() {
        const { ends, session } = yield* attached(ATTACH)
        yield* session.vanish
        const end = yield* ends
        assert.strictEqual(end._tag === "Lost" ? end.error._tag : end._tag, "SessionGone")
      })
    )

    test(
      "who watches sees, types and resizes nothing, and goes by the key",
      {},
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(WATCH)
        const sizes = session.sizes()
        terminal.type("rm -rf /\r")
        terminal.resize({ cols: 40, rows: 10 })
        session.print("shown")
        yield* eventually("the output", () => terminal.screen.includes("shown"))
        yield* settle
        assert.deepStrictEqual([session.typed(), session.sizes()], ["", sizes])
        terminal.type("\x1c")
        assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "key" })
      })
    )

    test(
      "who watches goes by Ctrl-C too",
      {},
      Effect.gen(function*() {
        const { ends, terminal } = yield* attached(WATCH)
        terminal.type("\x03")
        assert.deepStrictEqual(yield* ends, { _tag: "Detached", by: "key" })
      })
    )

    test(
      "who watches stays when the input ends",
      { tty: { inputIsTerminal: false } },
      Effect.gen(function*() {
        const { ends, session, terminal } = yield* attached(WATCH)
        terminal.endInput()
        yield* settle
        session.print("still")
        yield* eventually("the output", () => terminal.screen.includes("still"))
        session.exit({ code: 0 })
        assert.strictEqual((yield* ends)._tag, "Exited")
      })
    )

    test(
      "the session has the size of who is attached",
      {},
      Effect.gen(function*() {
        const { session, terminal } = yield* attached(ATTACH)
        terminal.resize({ cols: 41, rows: 11 })
        yield* eventually("the size", () => JSON.stringify(session.sizes().at(-1)) === "{\"cols\":41,\"rows\":11}")
      })
    )

    test(
      "what comes before is done before the terminal is touched and anything is shown; then it is told",
      {},
      Effect.gen(function*() {
        const session = yield* (yield* Stage).start(dev)
        session.print("$ ")
        const terminal = yield* TtyTestRef
        const done = yield* Deferred.make<void>()
        const states: Array<string> = []
        yield* Effect.forkChild((yield* AttachClient).attach({
          ...ATTACH,
          before: Deferred.await(done),
          onState: ({ _tag }) => Effect.sync(() => void states.push(_tag))
        }))
        yield* settle
        assert.deepStrictEqual([terminal.opened, terminal.screen.toString(), states], [0, "", []])
        yield* Deferred.succeed(done, undefined)
        yield* eventually("the prompt", () => terminal.screen.includes("$ "))
        assert.deepStrictEqual(states, ["Attached"])
      })
    )

    test(
      "a session that is not there is not waited for, and nothing is touched",
      {},
      Effect.gen(function*() {
        const attach = (yield* AttachClient).attach({ ...ATTACH, name: none, before: Effect.never })
        assert.strictEqual((yield* Effect.flip(attach))._tag, "NoSession")
        assert.strictEqual((yield* TtyTestRef).opened, 0)
      })
    )

    test(
      "a terminal that cannot be used is a failure",
      {},
      Effect.gen(function*() {
        yield* (yield* Stage).start(dev)
        const terminal = yield* TtyTestRef
        terminal.refusal = "it is gone"
        assert.strictEqual((yield* Effect.flip((yield* AttachClient).attach(ATTACH)))._tag, "TtyError")
      })
    )

    test(
      "a connection to another host that breaks is made again: no byte is lost and none comes twice",
      { host: "web", tty: { outputIsTerminal: false } },
      Effect.gen(function*() {
        const states: Array<string> = []
        const { ends, session, terminal } = yield* attached({
          ...ATTACH,
          onState: ({ _tag }) => Effect.sync(() => void states.push(_tag))
        })
        terminal.type("one ")
        yield* eventually("the typing", () => session.typed() === "one ")
        yield* session.lose
        yield* eventually("it is told", () => states.at(-1) === "Lost")
        terminal.type("two ")
        session.print("meanwhile ")
        yield* settle
        yield* session.resume
        yield* eventually("it is back", () => states.at(-1) === "Resumed")
        terminal.type("three")
        session.print("afterwards")
        yield* eventually("the typing", () => session.typed() === "one two three")
        yield* eventually("the output", () => terminal.screen.includes("afterwards"))
        assert.strictEqual(terminal.screen.toString(), "$ meanwhile afterwards")
        assert.deepStrictEqual(states, ["Attached", "Lost", "Resumed"])
        session.exit({ code: 0 })
        assert.strictEqual((yield* ends)._tag, "Exited")
      })
    )

    test(
      "a host that wants a login again is asked about at Enter, and nothing typed before the session is back is for it",
      { host: "web" },
      Effect.gen(function*() {
        const states: Array<string> = []
        const { session, terminal } = yield* attached({
          ...ATTACH,
          onState: ({ _tag }) => Effect.sync(() => void states.push(_tag))
        })
        yield* session.lock
        yield* eventually("it is told", () => states.at(-1) === "Locked")
        terminal.type("secret")
        yield* settle
        assert.deepStrictEqual([terminal.lent, terminal.isTaken], [0, true])
        terminal.type("secret\rsecret")
        yield* eventually("it is back", () => states.at(-1) === "Resumed")
        assert.deepStrictEqual([terminal.lent, terminal.isTaken, terminal.isRaw], [1, true, true])
        session.print("afterwards")
        yield* eventually("the output", () => terminal.screen.includes("afterwards"))
        terminal.type("x")
        yield* eventually("the typing", () => session.typed() === "x")
        assert.deepStrictEqual(states, ["Attached", "Lost", "Locked", "Resumed"])
      })
    )
  })
}
