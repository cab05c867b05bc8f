/** What every transport promises of sockets on a host. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { ByteChannel } from "../../../src/services/ByteChannel.ts"
import type { ChannelFailure } from "../../../src/services/SshTransport.ts"
import { attend, happens, hostNamed, LARGE, sha256, TWICE_PAUSE_MS } from "../../support/sshSuite.ts"
import { connect, flood, FLOOD_SHA, good, type Test } from "./common.ts"

/** Milliseconds from a write to its last answer: the median of many, one after another. */
const answerTime = (channel: ByteChannel<ChannelFailure>, answers: number) =>
  Effect.callback<number>((resume) => {
    const WORD = Buffer.from("key")
    const times: Array<number> = []
    let left = 0
    let began = 0
    const ask = () => {
      left = answers * WORD.length
      began = performance.now()
      channel.write(WORD)
    }
    channel.listen({
      onData: ({ length }) => {
        left -= length
        if (left > 0) return
        times.push(performance.now() - began)
        if (times.length < 51) return ask()
        resume(Effect.succeed(times.toSorted((a, b) => a - b)[25]!))
      },
      onDrain: () => {},
      onEnd: () => {},
      onClose: () => {}
    })
    ask()
  })

export const sockets = (test: Test): void => {
  test(
    "a socket on the host answers",
    Effect.gen(function*() {
      const channel = yield* connect(good, "echo")
      const says = attend(channel)
      for (let turn = 1; turn <= 50; turn++) {
        channel.write(Buffer.from(`${turn};`))
        yield* happens("it came back", () => says.text().endsWith(`${turn};`))
      }
      channel.end()
      yield* happens("it is over", () => says.ends.length === 1)
      assert.deepStrictEqual([says.saidAll, says.ends], [1, [undefined]])
    })
  )

  /** A packet that waits for the acknowledgement of the one before it comes forty times later than it could. */
  const TOO_MUCH_LATER = 20

  test(
    "an answer in two packets is not held back",
    Effect.gen(function*() {
      const once = yield* answerTime(yield* connect(good, "echo"), 1)
      const twice = yield* answerTime(yield* connect(good, "twice"), 2)
      assert.isBelow(twice, TOO_MUCH_LATER * (once + TWICE_PAUSE_MS))
    })
  )

  test(
    "each direction of a socket ends by itself",
    Effect.gen(function*() {
      const asking = yield* connect(good, "sum")
      const answer = attend(asking)
      asking.write(Buffer.from("all I say"))
      asking.end()
      yield* happens("it is over", () => answer.ends.length === 1)
      assert.strictEqual(answer.text(), sha256(Buffer.from("all I say")))
      assert.deepStrictEqual([answer.saidAll, answer.ends], [1, [undefined]])
    })
  )

  test(
    "a flood goes through a socket in both directions, byte for byte",
    Effect.gen(function*() {
      const out = yield* connect(good, "pour")
      const says = attend(out)
      yield* happens("it has said all", () => says.saidAll === 1)
      assert.deepStrictEqual([says.bytes(), says.hash()], [LARGE, FLOOD_SHA])
      out.end()

      const into = yield* connect(good, "sum")
      const answer = attend(into)
      yield* flood(into, () => answer.drained)
      yield* happens("it is over", () => answer.ends.length === 1)
      assert.strictEqual(answer.text(), FLOOD_SHA)
      assert.isAbove(answer.drained, 0, "the writer was held back")
    })
  )

  test(
    "a socket without a listener is refused: at once or as its end",
    Effect.gen(function*() {
      const result = yield* Effect.result(connect(good, "nobody"))
      if (Result.isFailure(result)) return assert.strictEqual(result.failure._tag, "SocketRefused")
      const says = attend(result.success)
      result.success.write(Buffer.from("hello"))
      yield* happens("it is over", () => says.ends.length === 1)
      assert.strictEqual(says.ends[0]?._tag, "SocketRefused")
    })
  )

  test(
    "where sshd forwards no sockets, the bridge connects, and carries what was written before",
    Effect.gen(function*() {
      const refused = attend(yield* connect(hostNamed("sealed"), "nobody", true))
      yield* happens("it is over", () => refused.ends.length === 1)
      assert.strictEqual(refused.ends[0]?._tag, "SocketRefused")
      for (let time = 1; time <= 2; time++) {
        const channel = yield* connect(hostNamed("sealed"), "echo", true)
        const says = attend(channel)
        channel.write(Buffer.from("one"))
        channel.write(Buffer.from("two"))
        yield* happens("it came back", () => says.text() === "onetwo")
        channel.end()
        yield* happens("it is over", () => says.ends.length === 1)
        assert.deepStrictEqual([says.saidAll, says.ends], [1, [undefined]])
      }
    })
  )

  test(
    "a destroyed channel reports its end, and nothing else",
    Effect.gen(function*() {
      const channel = yield* connect(good, "pour")
      const says = attend(channel)
      yield* happens("it flows", () => says.bytes() > 0)
      channel.destroy()
      const at = says.bytes()
      yield* happens("it is over", () => says.ends.length === 1)
      assert.deepStrictEqual([says.bytes(), says.ends], [at, [undefined]])
    })
  )
}
