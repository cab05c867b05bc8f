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
import { listen } from "../system/processEvents.ts"
import { writeWhole } from "../system/writeWhole.ts"
import { type StatusLine, statusLine } from "./statusLine.ts"
import { openTerminalInput } from "./ttyStreams.ts"

const STDIN = 0
const STDERR = 2

/** What the user pressed: Enter, with the line that was typed; Ctrl-C; or Ctrl-D. */
type Pressed = { readonly _tag: "Line"; readonly text: string } | { readonly _tag: "Interrupt" } | {
  readonly _tag: "End"
}

/**
 * Reports what the user presses, line by line, until the scope closes. The terminal keeps its modes: it edits lines,
 * echoes what is typed, and turns Ctrl-C into a signal. It hands over one line at a time, and nothing beyond the
 * reported lines is read.
 */
const pressing = (
  fd: number,
  report: (pressed: Pressed) => "more" | "enough"
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
          if (report({ _tag: "Line", text }) === "enough") input.pause()
        },
        onEnd: () => void report({ _tag: "End" })
      })
      const onInterrupt = () => {
        if (report({ _tag: "Interrupt" }) === "enough") input.pause()
      }
      const stop = listen({ SIGINT: onInterrupt })
      input.resume()
      return () => {
        stop()
        input.close()
      }
    }),
    (close) => Effect.sync(close)
  )

/** The typed number as an index; undefined when it is not one of the choices. */
const toIndex = (text: string, choices: ReadonlyArray<string>): number | undefined => {
  const number = /^\s*\d{1,6}\s*$/.test(text) ? Number(text) : 0
  return number >= 1 && number <= choices.length ? number - 1 : undefined
}

/** Asks on the terminals of two descriptors. */
export const layerOn = (inFd: number, outFd: number, line: StatusLine): Layer.Layer<Prompt> =>
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
      yield* pressing(inFd, (pressed) => {
        if (pressed._tag !== "Line") {
          write("\n")
          return answer(undefined)
        }
        const index = toIndex(pressed.text, choices)
        if (index !== undefined || pressed.text.trim() === "") return answer(index)
        write(ask)
        return "more"
      })
      // The question comes after the listener: before it Ctrl-C would end this process.
      line.above(() => write(`${visible(question)}\n${numbered.join("")}`))
      write(ask)
      return yield* Deferred.await(answered)
    }, Effect.scoped)

    return Prompt.of({
      get isPossible() {
        return isatty(inFd) && isatty(outFd) && !isInBackground(inFd)
      },
      choose,
      onImpatience: (run) =>
        Effect.suspend(() => {
          if (!isatty(inFd) || isInBackground(inFd)) return Effect.void
          let hasRun = false
          return pressing(inFd, ({ _tag }) => {
            if (hasRun) return "enough"
            hasRun = true
            if (_tag === "Line") line.entered()
            if (_tag !== "End") run()
            return "enough"
          })
        })
    })
  })

/** Asks on standard error, reads from standard input. */
export const layer: Layer.Layer<Prompt> = layerOn(STDIN, STDERR, statusLine)
