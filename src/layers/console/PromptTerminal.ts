import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type * as Scope from "effect/Scope"
import { fstatSync } from "node:fs"
import { isatty } from "node:tty"
import { visible } from "../../schema/Text.ts"
import { Prompt } from "../../services/Prompt.ts"
import { listen } from "../system/processEvents.ts"
import { readProcStat } from "../system/procStat.ts"
import { quietly } from "../system/quietly.ts"
import { writeWhole } from "../system/writeWhole.ts"
import { type StatusLine, statusLine } from "./statusLine.ts"
import { openTerminalInput } from "./ttyStreams.ts"

const STDIN = 0
const STDERR = 2

/** What a person's key did: a line with what was typed on it, or the wish to stop. */
type Pressed = { readonly _tag: "Line"; readonly text: string } | { readonly _tag: "Interrupt" } | {
  readonly _tag: "End"
}

/**
 * A job in the background is stopped when it reads from its terminal (termios(4), SIGTTIN): nobody is there for it. Where
 * there is no /proc, nothing is known.
 */
const isInBackground = (fd: number): boolean => {
  const us = readProcStat("self")
  return us !== undefined && us.group !== us.foreground && quietly(() => fstatSync(fd).rdev) === us.terminal
}

/**
 * Tells what is pressed, line by line, until the scope closes. The terminal keeps its modes: it edits lines, shows what
 * is typed, and makes a signal of Ctrl-C. It hands over one line at a time, and nothing is read beyond what was told.
 */
const pressing = (fd: number, tell: (pressed: Pressed) => "more" | "enough"): Effect.Effect<void, never, Scope.Scope> =>
  Effect.acquireRelease(
    Effect.sync(() => {
      let typed = ""
      const input = openTerminalInput(fd, {
        onInput: (bytes) => {
          typed += bytes.toString("utf8")
          // Ctrl-D in the middle of a line hands over what there is of it.
          if (!typed.endsWith("\n")) return
          const text = typed.slice(0, -1)
          typed = ""
          if (tell({ _tag: "Line", text }) === "enough") input.pause()
        },
        onEnd: () => void tell({ _tag: "End" })
      })
      const onInterrupt = () => {
        if (tell({ _tag: "Interrupt" }) === "enough") input.pause()
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

/** What was typed as an index; undefined when it is none. */
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
      // Who sees the question is listened to already: Ctrl-C would end us otherwise.
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
          let isTold = false
          return pressing(inFd, ({ _tag }) => {
            if (isTold) return "enough"
            isTold = true
            if (_tag === "Line") line.entered()
            if (_tag !== "End") run()
            return "enough"
          })
        })
    })
  })

/** Asks on standard error, hears from standard input. */
export const layer: Layer.Layer<Prompt> = layerOn(STDIN, STDERR, statusLine)
