/** A client attached to a session on another host, whose connections can be broken. All on fakes. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as Random from "effect/Random"
import { NetworkTestRef } from "../../src/layers/testing/network/NetworkTestRef.ts"
import { OutputTestRef } from "../../src/layers/testing/OutputFake.ts"
import { PtyTestRef } from "../../src/layers/testing/PtyFake.ts"
import { fakeInfo } from "../../src/layers/testing/SessionRegistryFake.ts"
import { TtyTestRef } from "../../src/layers/testing/TtyFake.ts"
import { Control, type Hello, type Welcome } from "../../src/schema/protocol/Control.ts"
import { encodeOffset, FrameType } from "../../src/schema/protocol/Frame.ts"
import type { Connection } from "../../src/services/Connection.ts"
import { HostError } from "../../src/services/HostError.ts"
import { eventually, settle } from "./fakeClient.ts"
import { dev } from "./hosting.ts"
import { inWorld, type WorldOptions } from "./inWorld.ts"

export type Sesh = Parameters<Parameters<typeof inWorld>[1]>[0]

/** Standard output is no terminal: what is shown is the session's bytes and nothing else. */
export const PIPED = { tty: { outputIsTerminal: false } } as const

/** What a terminal gets at the end even if the program has changed nothing: charset, wrapping, cursor and pen. */
export const CLEAN = "\x1b(B\x0f\x1b[?7h\x1b[?25h\x1b[0m"

/** Our line taken off the last of 24 rows. */
export const UNSAID = "\x1b7\x1b[24;1H\x1b[0m\x1b[2K\x1b8"

const NOTICE = /\x1b7\x1b\[24;1H\x1b\[0;7m ([^\x1b]*?) *\x1b\[0m\x1b8/g

/** Runs `argv`, which attaches, and waits until it has. */
const sit = Effect.fnUntraced(function*(sesh: Sesh, argv: ReadonlyArray<string>) {
  const terminal = yield* TtyTestRef
  const network = yield* NetworkTestRef
  const { err } = yield* OutputTestRef
  const running = yield* Effect.forkChild(sesh(...argv))
  yield* eventually("a terminal", () => terminal.isOpen)
  yield* settle
  const screen = () => terminal.screen.toString()
  const notices = () => [...screen().matchAll(NOTICE)].map(([, text]) => text!)
  const first = network.links.length
  return {
    terminal,
    network,
    running,
    err,
    screen,
    /** Lines of ours, the last one last. */
    notices,
    /** What was shown, but for those. */
    shown: () => screen().replaceAll(NOTICE, "").replaceAll(UNSAID, ""),
    /** The connection now. */
    link: () => network.links.at(-1)!,
    /** The host lets in nobody without a question, for this reason; false: it lets everybody in. */
    locked: (why: string | false = "web wants a password") =>
      network.setDown(why === false ? undefined : new HostError({ host: "web", problem: why, kind: "locked" })),
    /** As many were made since the first. */
    again: (count: number) =>
      Effect.andThen(eventually(`connection ${count}`, () => network.links.length >= first + count), settle),
    attempts: () => network.links.length - first,
    ends: (status: number) =>
      Effect.map(Fiber.join(running), (code) => {
        assert.strictEqual(code, status)
        assert.isFalse(terminal.isRaw)
      })
  }
})

/** Attached to a session that was there. */
export const attached = <A, E>(
  { argv = ["dev"], ...options }: WorldOptions & { readonly argv?: ReadonlyArray<string> },
  use: (sat: Effect.Success<ReturnType<typeof sit>> & Effect.Success<ReturnType<typeof started>>) => Effect.Effect<
    A,
    E,
    Effect.Services<ReturnType<typeof sit>> | WorldServices
  >
) =>
  inWorld({ host: "web", ...options }, (sesh) =>
    Effect.gen(function*() {
      const session = yield* started(sesh)
      return yield* use({ ...(yield* sit(sesh, argv)), ...session })
    })).pipe(punctual)

/** Waits are what they are called, but for a hair: ids are drawn too, and must differ. */
const punctual = <A, E, R>(effect: Effect.Effect<A, E, R>): Effect.Effect<A, E, R> =>
  Effect.suspend(() => {
    let drawn = 0
    return Effect.provideService(effect, Random.Random, {
      nextIntUnsafe: () => 0,
      nextDoubleUnsafe: () => 0.44 + 1e-7 * drawn++
    })
  })

type WorldServices = Effect.Services<ReturnType<Parameters<typeof inWorld>[1]>>

const started = Effect.fnUntraced(function*(sesh: Sesh) {
  yield* sesh(dev, "-d")
  const program = (yield* PtyTestRef).last()
  return { sesh, program, typed: () => program.typed.toString() }
})

/** A session that a test plays: it gets each connection, with what was said hello with. */
export type Daemon = (hello: Hello, daemon: {
  readonly connection: Connection
  readonly welcome: (more?: Partial<Welcome>) => void
  readonly output: (offset: number, text: string) => void
  /** The frames that came behind the hello. */
  readonly frames: ReadonlyArray<readonly [type: number, payload: Buffer]>
}, nth: number) => void

/** Attached to a session that is played. */
export const attachedTo = <A, E>(
  daemon: Daemon,
  options: WorldOptions,
  use: (sat: Effect.Success<ReturnType<typeof sit>>) => Effect.Effect<A, E, WorldServices>
) =>
  inWorld({ host: "web", ...options }, (sesh) =>
    Effect.gen(function*() {
      const { listeners } = yield* NetworkTestRef
      let nth = 0
      listeners.set(dev, (connection) => {
        const frames: Array<readonly [type: number, payload: Buffer]> = []
        const turn = nth++
        connection.listen({
          onFrame: (type, payload) => {
            if (type !== FrameType.hello) return void frames.push([type, payload])
            const hello = Option.getOrThrow(Control.hello.decode(payload))
            daemon(hello, {
              connection,
              frames,
              welcome: (more) =>
                connection.send(
                  FrameType.welcome,
                  Control.welcome.encode({
                    protocol: { major: 1, minor: 2 },
                    sesh: "9.9.9",
                    info: fakeInfo(dev),
                    output: 0,
                    input: 0,
                    typed: 0,
                    window: 262_144,
                    restore: false,
                    ...more
                  })
                ),
              output: (offset, text) => connection.send(FrameType.output, encodeOffset(offset), Buffer.from(text))
            }, turn)
          },
          onDrain: () => {},
          onClose: () => {}
        })
      })
      return yield* use(yield* sit(sesh, ["dev"]))
    })).pipe(punctual)
