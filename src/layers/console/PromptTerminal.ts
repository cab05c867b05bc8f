import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { isatty } from "node:tty"
import { visible } from "../../schema/Text.ts"
import { Prompt } from "../../services/Prompt.ts"
import { isInBackground } from "../system/background.ts"
import { writeWhole } from "../system/writeWhole.ts"
import { type StatusLine, statusLine } from "./statusLine.ts"
import { openTerminalInput } from "./ttyStreams.ts"
import { TypedAhead, typedAhead } from "./typedAhead.ts"

const STDIN = 0
const STDERR = 2

/**
 * Reports the lines that the user types, undefined at the end of input, until the scope closes. The terminal keeps its
 * modes: it edits lines, echoes what is typed, and turns Ctrl-C into a signal. It hands over one line at a time, and
 * nothing beyond the reported lines is read.
 */
const reading = (
  fd: number,
  report: (line: string | undefined) => "more" | "enough"
): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let typed = ""
      const input = openTerminalInput(fd, {
        onInput: (bytes) => {
          typed += bytes.toString("utf8")
          // Ctrl-D in the middle of a line hands over the line so far.
          if (!typed.endsWith("\n")) return
          const text = typed.slice(0, -1)
          typed = ""
          if (report(text) === "enough") input.pause()
        },
        onEnd: () => void report(undefined)
      })
      input.resume()
      return input
    }),
    (input) => Effect.sync(input.close)
  )

/** The typed number as an index; undefined when it is not one of the choices. */
const toIndex = (text: string, choices: ReadonlyArray<string>): number | undefined => {
  const number = /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= choices.length ? number - 1 : undefined
}

/** Asks on the terminals of two descriptors. */
export const layerOn = (
  inFd: number,
  outFd: number,
  line: StatusLine,
  ahead = new TypedAhead(inFd)
): Layer.Layer<Prompt> =>
  Layer.sync(Prompt, () => {
    const write = (text: string) => void writeWhole(outFd, Buffer.from(text))

    const choose = Effect.fn("Prompt.choose")(function*(question: string, choices: ReadonlyArray<string>) {
      const answered = yield* Deferred.make<Option.Option<number>>()
      const answer = (index: number | undefined): "enough" => {
        Deferred.doneUnsafe(answered, Exit.succeed(Option.fromUndefinedOr(index)))
        return "enough"
      }
      const numbered = choices.map((choice, index) => `${String(index + 1).padStart(3)}) ${visible(choice)}\n`)
      const ask = `Which one? [1-${choices.length}, Enter: none] `
      ahead.hold()
      line.above(() => write(`${visible(question)}\n${numbered.join("")}`))
      write(ask)
      yield* reading(inFd, (text) => {
        if (text === undefined) {
          write("\n")
          return answer(undefined)
        }
        const index = toIndex(text, choices)
        if (index !== undefined || text.trim() === "") return answer(index)
        write(ask)
        return "more"
      })
      return yield* Deferred.await(answered)
    }, Effect.scoped)

    return Prompt.of({
      get isPossible() {
        return isatty(inFd) && isatty(outFd) && !isInBackground(inFd)
      },
      choose
    })
  })

/** Asks on standard error, reads from standard input. */
export const layer: Layer.Layer<Prompt> = layerOn(STDIN, STDERR, statusLine, typedAhead)
