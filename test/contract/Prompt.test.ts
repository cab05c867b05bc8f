import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Scope from "effect/Scope"
import { spawnSync } from "node:child_process"
import * as Path from "node:path"
import * as PromptTerminal from "../../src/layers/console/PromptTerminal.ts"
import { StatusLine } from "../../src/layers/console/statusLine.ts"
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
    interrupt: person.interrupt,
    end: person.end,
    seen: () => person.asked.map(([question, choices]) => [question, ...choices].join("\n")).join("\n"),
    unread: Effect.sync(person.unread)
  }))
).pipe(Layer.provideMerge(PromptFake.layer()))

/** A real terminal with both of its ends: one for the program, one for the user. */
const atReal = Layer.unwrap(Effect.gen(function*() {
  const { seen: text, slave, write } = yield* openScreen(80)
  let typed = 0
  const person = Person.of({
    type: (line) => {
      typed++
      write(Buffer.from(`${line}\n`))
    },
    // It is not our controlling terminal: the kernel sends us no signal.
    interrupt: () => void process.emit("SIGINT"),
    end: () => write(Buffer.from("\x04")),
    seen: text,
    unread: Effect.gen(function*() {
      // A typed line is echoed, and can be read after that.
      yield* until("all that was typed is there", () => text().split("\n").length > typed)
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
      const script = `set -m; trap : INT; before=$(stty -g); "$0" "$@" ${redirect}; ` +
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
    "Ctrl-C at a question chooses none, and ends nothing else",
    Effect.gen(function*() {
      const { shows, type } = yield* onTerminal("choose")
      yield* shows("Which one?")
      type("1\x03")
      yield* shows("chosen: none")
      type("next\n")
      yield* shows("as before")
      yield* shows("left: next")
    })
  )

  for (const [name, key] of [["Enter", "\n"], ["Ctrl-C", "\x03"]] as const) {
    test(
      `${name} ends the waiting, the line that was shown goes, and what is typed then is the shell's`,
      Effect.gen(function*() {
        const { heard, shows, type } = yield* onTerminal("wait")
        yield* shows("waiting for you")
        type(key)
        yield* shows("impatient")
        type("next\n")
        yield* shows("as before")
        yield* shows("left: next")
        assert.match(heard.text(), /\r\u001b\[Kimpatient/)
      })
    )
  }

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
