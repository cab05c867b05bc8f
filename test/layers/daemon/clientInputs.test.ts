import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { eventually, joined } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

/** As many as are remembered of a role. */
const MANY = 1024

describe("input that was under way when a connection died", () => {
  it.effect("is still known to be missing after many others have sent something and left", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        const asleep = yield* joined(dev, "attach", { client: "asleep" })
        asleep.type("ls ")
        yield* eventually("typing", () => pty.last().typed.toString() === "ls ")
        asleep.connection.destroy()
        for (let sent = 0; sent < MANY; sent++) {
          const sender = yield* joined(dev, "send")
          sender.connection.destroy()
        }
        // It sent six bytes, and three did not arrive.
        const resume = { session: info.id, output: 0, input: 6 }
        const awake = yield* joined(dev, "attach", { client: "asleep", resume })
        assert.strictEqual(awake.welcome!.input, 3)
        awake.type("-l\r", awake.welcome!.input)
        yield* eventually("the rest", () => pty.last().typed.toString() === "ls -l\r")
      })
    ))

  it.effect("of one that sends is known too, while others attach and leave", () =>
    hosting((pty) =>
      Effect.gen(function*() {
        const { info } = yield* start()
        const sending = yield* joined(dev, "send", { client: "sending" })
        sending.type("ls ")
        yield* eventually("typing", () => pty.last().typed.toString() === "ls ")
        sending.connection.destroy()
        const other = yield* joined(dev, "attach")
        other.connection.destroy()
        const resume = { session: info.id, output: 0, input: 6, only: true }
        const again = yield* joined(dev, "send", { client: "sending", resume })
        assert.strictEqual(again.welcome!.input, 3)
      })
    ))
})
