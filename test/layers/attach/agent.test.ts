import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Option from "effect/Option"
import * as TestClock from "effect/testing/TestClock"
import { NetworkTestRef } from "../../../src/layers/testing/network/NetworkTestRef.ts"
import { PtyTestRef } from "../../../src/layers/testing/PtyFake.ts"
import { SessionFilesTestRef } from "../../../src/layers/testing/SessionFilesFake.ts"
import { TtyTestRef } from "../../../src/layers/testing/TtyFake.ts"
import { LASTING } from "../../../src/schema/protocol/Control.ts"
import { FrameType } from "../../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../../src/schema/SessionName.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { inWorld } from "../../support/inWorld.ts"
import { attached, attachedTo, PIPED } from "../../support/resuming.ts"

const forwarded = (path: string) => Effect.succeed(Option.some(path))

/** A host that is asked, and does not answer. */
const unanswered = () => {
  const asked = { times: 0, interrupted: 0 }
  const ask = Effect.suspend(() => {
    asked.times++
    return Effect.never
  })
  return { asked, ask: Effect.onInterrupt(ask, () => Effect.sync(() => void asked.interrupted++)) }
}

describe("the ssh-agent that a connection forwards", () => {
  it.effect("is the session's from the first connection on, and then that of each later one", () =>
    inWorld({ host: "web", ...PIPED }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const { agents } = yield* SessionFilesTestRef
        const network = yield* NetworkTestRef
        network.setAgent(forwarded("/tmp/first"))
        yield* Effect.forkChild(sesh("dev"))
        yield* eventually("the first agent", () => agents.get("dev") === "/tmp/first")
        network.setAgent(forwarded("/tmp/second"))
        network.links.at(-1)!.cut()
        // The session asks for no time: a key is pressed.
        yield* settle
        ;(yield* TtyTestRef).type("x")
        yield* eventually("the second agent", () => agents.get("dev") === "/tmp/second")
      })))

  it.effect("is not the one of the connection before when the host says of none", () =>
    attached(PIPED, ({ again, link, network, terminal }) =>
      Effect.gen(function*() {
        const { agents } = yield* SessionFilesTestRef
        network.setAgent(forwarded("/tmp/first"))
        const reconnected = (count: number) => {
          link().cut()
          terminal.type("x")
          return again(count)
        }
        yield* reconnected(1)
        yield* eventually("the agent", () => agents.get("dev") === "/tmp/first")
        agents.delete("dev")
        network.setAgent(Effect.succeedNone)
        yield* reconnected(2)
        assert.isFalse(agents.has("dev"))
      })))

  it.effect.each(
    [
      [LASTING, [`{"path":"/tmp/agent"}`]],
      [LASTING - 1, []]
    ] as const
  )("is told to a session of 1.%d as that understands it", ([minor, told]) => {
    let heard: ReadonlyArray<readonly [type: number, payload: Buffer]> = []
    return attachedTo(
      (_hello, { frames, welcome }, nth) => {
        if (nth === 1) heard = frames
        welcome({ protocol: { major: 1, minor } })
      },
      PIPED,
      ({ again, link, network, terminal }) =>
        Effect.gen(function*() {
          network.setAgent(forwarded("/tmp/agent"))
          link().cut()
          terminal.type("x")
          yield* again(1)
          yield* settle
          const frames = heard.filter(([type]) => type === FrameType.agent)
          assert.deepStrictEqual(frames.map(([, payload]) => payload.toString()), [...told])
        })
    )
  })

  it.effect("holds nobody up when the host does not say it, and is not asked for any more once we have left", () =>
    inWorld({ host: "web", ...PIPED }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const { ask, asked } = unanswered()
        ;(yield* NetworkTestRef).setAgent(ask)
        const terminal = yield* TtyTestRef
        const running = yield* Effect.forkChild(sesh("dev"))
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* eventually("the question", () => asked.times === 1)
        terminal.type("\x1c")
        yield* eventually("the end", () => running.pollUnsafe() !== undefined)
        assert.deepStrictEqual(asked, { times: 1, interrupted: 1 })
      })))

  it.effect("is that of a command's session too, while somebody here waits for the command", () =>
    inWorld({ host: "web" }, (sesh) =>
      Effect.gen(function*() {
        const { agents } = yield* SessionFilesTestRef
        const network = yield* NetworkTestRef
        network.setAgent(forwarded("/tmp/first"))
        const running = yield* Effect.forkChild(sesh("--exec", "job", "--", "make"))
        yield* eventually("the first agent", () => agents.get("job") === "/tmp/first")
        network.setAgent(forwarded("/tmp/second"))
        network.links.at(-1)!.cut()
        yield* settle
        yield* TestClock.adjust("2 seconds")
        yield* eventually("the second agent", () => agents.get("job") === "/tmp/second")
        ;(yield* PtyTestRef).last().exit(0)
        assert.strictEqual(yield* Fiber.join(running), 0)
      })))

  it.effect("of a command on this machine is that of who waits for it again, when somebody else has left", () =>
    inWorld({ caller: { env: { SSH_AUTH_SOCK: "/tmp/mine" } } }, (sesh) =>
      Effect.gen(function*() {
        const { agents } = yield* SessionFilesTestRef
        yield* Effect.forkChild(sesh("--exec", "job", "--", "make"))
        yield* eventually("the session", () => agents.get("job") === "/tmp/mine")
        const other = yield* joined("job" as SessionName, "attach", { agent: "/tmp/other" })
        yield* eventually("the other agent", () => agents.get("job") === "/tmp/other")
        other.connection.end()
        yield* eventually("the agent", () => agents.get("job") === "/tmp/mine")
      })))

  it.effect("is not asked for by who only watches", () =>
    inWorld({ host: "web", ...PIPED }, (sesh) =>
      Effect.gen(function*() {
        yield* sesh("dev", "-d")
        const { ask, asked } = unanswered()
        ;(yield* NetworkTestRef).setAgent(ask)
        const terminal = yield* TtyTestRef
        yield* Effect.forkChild(sesh("--watch", "dev"))
        yield* eventually("a terminal", () => terminal.isOpen)
        yield* settle
        assert.strictEqual(asked.times, 0)
      })))
})
