import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import * as Path from "node:path"
import * as PromptTerminal from "../../src/layers/console/PromptTerminal.ts"
import { StatusLine } from "../../src/layers/console/statusLine.ts"
import { TypedAhead } from "../../src/layers/console/typedAhead.ts"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import * as PromptFake from "../../src/layers/testing/PromptFake.ts"
import { Prompt } from "../../src/services/Prompt.ts"
import { Pty } from "../../src/services/Pty.ts"
import { openScreen } from "../support/screen.ts"
import { Person, suite } from "./Prompt.ts"
import { hear } from "./Pty.ts"
import { until } from "./SessionServer.ts"

const atFake = Layer.effect(
  Person,
  Effect.map(PromptFake.PromptTestRef, (person) => ({
    type: person.type,
    hasTyped: Effect.void,
    end: person.end,
    seen: () => person.asked.map(([question, choices]) => [question, ...choices].join("\n")).join("\n"),
    unread: Effect.sync(person.unread)
  }))
).pipe(Layer.provideMerge(PromptFake.layer()))

/** A real terminal with both of its ends: one for the program, one for the user. */
const atReal = Layer.unwrap(Effect.gen(function*() {
  const { seen: text, slave, write } = yield* openScreen(80)
  let typed = 0
  // A typed line is echoed, and can be read after that.
  const hasTyped = until("all that was typed is there", () => text().split("\n").length > typed)
  const person = Person.of({
    type: (line) => {
      typed++
      write(Buffer.from(`${line}\n`))
    },
    hasTyped,
    end: () => write(Buffer.from("\x04")),
    seen: text,
    unread: Effect.gen(function*() {
      yield* hasTyped
      const end = "the end of the test"
      write(Buffer.from(`${end}\n`))
      yield* until("the end is there", () => text().includes(end))
      const read = spawnSync("sh", ["-c", `while read -r line && [ "$line" != "${end}" ]; do echo "$line"; done`], {
        stdio: [slave, "pipe", "inherit"],
        timeout: 10_000
      })
      return read.stdout.toString().split("\n").slice(0, -1)
    })
  })
  return Layer.mergeAll(Layer.succeed(Person, person), PromptTerminal.layerOn(slave, slave, new StatusLine(slave)))
}))

suite("PromptFake", atFake)
suite("PromptTerminal", atReal)

describe("PromptTerminal", () => {
  const fixture = Path.join(import.meta.dirname, "../fixtures/prompt.ts")

  const test = <A, E>(name: string, effect: Effect.Effect<A, E, Pty | Scope.Scope>) =>
    it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(PtyNode.layer)), 60_000)

  /** The program on its own terminal, below a shell that afterwards says what it can read there. */
  const onTerminal = (what: string, redirect = "") =>
    Effect.gen(function*() {
      const pty = yield* Pty
      const script = `set -m; trap : INT; before=$(stty -g); "$0" "$@" ${redirect}; echo "ended with $?"; ` +
        `[ "$(stty -g)" = "$before" ] && echo as before; read -r line; echo "left: $line"; read -r go`
      const program = yield* pty.spawn({
        file: "/bin/sh",
        args: ["-c", script, process.execPath, fixture, what],
        env: { PATH: "/usr/bin:/bin", TERM: "xterm" },
        cwd: "/",
        size: { cols: 80, rows: 24 }
      })
      const heard = hear(program)
      const shows = (text: string) => until(`it shows ${text}`, () => heard.text().includes(text), 20_000)
      return { shows, heard, type: (text: string) => program.write(Buffer.from(text)) }
    })

  test(
    "Ctrl-C at a question ends the program, and what was typed is gone",
    Effect.gen(function*() {
      const { heard, shows, type } = yield* onTerminal("choose")
      yield* shows("Which one?")
      type("1\x03")
      yield* shows("ended with 130")
      assert.notInclude(heard.text(), "chosen")
      type("next\n")
      yield* shows("as before")
      yield* shows("left: next")
    })
  )

  it.live("what was typed before a question is kept for the session, as it was typed", () =>
    Effect.scoped(Effect.gen(function*() {
      const { seen, slave, write } = yield* openScreen(80)
      const ahead = new TypedAhead(slave)
      const layer = PromptTerminal.layerOn(slave, slave, new StatusLine(slave), ahead)
      write(Buffer.from("make test\rmake "))
      yield* until("the terminal has it", () => seen().endsWith("make "))
      const answer = yield* Effect.forkScoped(
        Effect.flatMap(Prompt, ({ choose }) => choose("Which?", ["a", "b"])).pipe(Effect.provide(layer))
      )
      yield* until("it asks", () => seen().includes("Which one?"))
      // Ctrl-U, for the line that was not ended.
      write(Buffer.from("\x152\rls\r"))
      assert.deepStrictEqual(yield* Fiber.join(answer), Option.some(1))
      yield* until("the terminal has it", () => seen().includes("ls\r\n"))
      assert.strictEqual(ahead.take().toString(), "make test\rls\r")
      assert.strictEqual(ahead.take().toString(), "")
    })))

  test(
    "without a terminal, and in the background, no question is possible",
    Effect.gen(function*() {
      yield* (yield* onTerminal("possible")).shows("possible: true")
      for (const redirect of ["</dev/null", "2>/dev/null", "& wait"]) {
        const { shows, type } = yield* onTerminal("possible", redirect)
        yield* shows("possible: false")
        type("x\n")
      }
    })
  )

  it.live("no question is possible on a terminal that is gone", () =>
    Effect.gen(function*() {
      const { isPossible } = yield* Prompt
      assert.isFalse(isPossible)
    }).pipe(Effect.provide(PromptTerminal.layerOn(1000, 1000, new StatusLine(1000)))))
})
