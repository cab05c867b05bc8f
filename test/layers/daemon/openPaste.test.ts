import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { newId } from "../../../src/schema/Id.ts"
import { eventually, joined, settle } from "../../support/fakeClient.ts"
import { dev, hosting, start } from "../../support/hosting.ts"

describe("a paste whose client leaves in the middle of it", () => {
  const BEGUN = "\x1b[200~one\r"

  const leaving = Effect.fnUntraced(function*(id: string) {
    const client = yield* joined(dev, "attach", { client: id })
    client.type(BEGUN)
    return client
  })

  it.effect.each<readonly [string, "attach" | "send"]>([["typed", "attach"], ["sent", "send"]])(
    "ends before what is %s by another one",
    ([, role]) =>
      hosting(
        (pty) =>
          Effect.gen(function*() {
            yield* start()
            const program = pty.last()
            program.print("\x1b[?2004h")
            const client = yield* leaving(yield* newId)
            yield* eventually("the paste", () => program.typed.toString() === BEGUN)
            client.connection.destroy()
            yield* settle
            const other = yield* joined(dev, role)
            other.type("ls\r")
            yield* eventually("typing", () => program.typed.toString() === `${BEGUN}\x1b[201~ls\r`)
            other.type("ls\r")
            yield* eventually("no second mark", () => program.typed.toString() === `${BEGUN}\x1b[201~ls\rls\r`)
          }),
        undefined,
        "ring"
      )
  )

  it.effect("goes on as a paste when the client comes back, whoever has typed meanwhile", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          const { info } = yield* start()
          const program = pty.last()
          program.print("\x1b[?2004h")
          const id = yield* newId
          const client = yield* leaving(id)
          yield* eventually("the paste", () => program.typed.toString() === BEGUN)
          client.connection.destroy()
          yield* settle
          const resume = { session: info.id, output: 0, input: BEGUN.length }
          const again = yield* joined(dev, "attach", { client: id, resume })
          again.type("two\r", BEGUN.length)
          yield* eventually("the paste goes on", () => program.typed.toString() === `${BEGUN}two\r`)
          again.connection.destroy()
          yield* settle
          const other = yield* joined(dev, "attach")
          other.type("ls\r")
          const typed = `${BEGUN}two\r\x1b[201~ls\r`
          yield* eventually("typing", () => program.typed.toString() === typed)
          const input = BEGUN.length + "two\r".length
          const last = yield* joined(dev, "attach", { client: id, resume: { ...resume, input } })
          last.type("three\r\x1b[201~", input)
          yield* eventually("the rest", () => program.typed.toString() === `${typed}\x1b[200~three\r\x1b[201~`)
        }),
      undefined,
      "ring"
    ))

  it.effect("gets no mark where the program no longer wants one, nor while its client is there", () =>
    hosting(
      (pty) =>
        Effect.gen(function*() {
          yield* start()
          const program = pty.last()
          program.print("\x1b[?2004h")
          const other = yield* joined(dev, "attach")
          const client = yield* leaving(yield* newId)
          yield* eventually("the paste", () => program.typed.toString() === BEGUN)
          other.type("a")
          yield* eventually("typing", () => program.typed.toString() === `${BEGUN}a`)
          program.print("\x1b[?2004l")
          client.connection.destroy()
          yield* settle
          other.type("b")
          yield* eventually("typing", () => program.typed.toString() === `${BEGUN}ab`)
        }),
      undefined,
      "ring"
    ))
})
