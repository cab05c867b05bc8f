import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { visible } from "../../schema/Text.ts"
import { Prompt } from "../../services/Prompt.ts"

/** A user at a fake terminal: lines that end in Enter, and keys that end everything. */
export class PromptTestRef extends Context.Service<PromptTestRef, {
  /** Types a line, and Enter. Where nobody asks, it is kept. */
  readonly type: (line: string) => void
  /** Ctrl-C: ends the command that asks. */
  readonly interrupt: () => void
  /** Ctrl-D on an empty line. */
  readonly end: () => void
  /** Questions with their choices, as they were shown. */
  readonly asked: Array<readonly [question: string, choices: ReadonlyArray<string>]>
  /** Lines that were no answers. */
  readonly unread: () => ReadonlyArray<string>
}>()("sesh/layers/testing/PromptTestRef") {}

const INTERRUPT = Symbol("Ctrl-C")
const END = Symbol("end of input")
type Key = string | typeof INTERRUPT | typeof END

/** A prompt with a test in front of it. */
export const layer = (options: { readonly isPossible?: boolean } = {}): Layer.Layer<Prompt | PromptTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const { isPossible = true } = options
    const unread: Array<string> = []
    const asked: Array<readonly [string, ReadonlyArray<string>]> = []
    let reader: ((key: Key) => void) | undefined

    const press = (key: Key) => {
      // As a terminal does with what was typed before Ctrl-C.
      if (key === INTERRUPT) unread.length = 0
      if (reader !== undefined) reader(key)
      else if (typeof key === "string") unread.push(key)
    }

    const choose = (question: string, choices: ReadonlyArray<string>) =>
      Effect.callback<Option.Option<number>>((resume) => {
        asked.push([visible(question), choices.map(visible)])
        reader = (key) => {
          const number = typeof key === "string" && /^\s*\d+\s*$/.test(key) ? Number(key) : 0
          const isNumber = number >= 1 && number <= choices.length
          if (!isNumber && typeof key === "string" && key.trim() !== "") return
          reader = undefined
          resume(
            key === INTERRUPT ? Effect.interrupt : Effect.succeed(isNumber ? Option.some(number - 1) : Option.none())
          )
        }
        return Effect.sync(() => {
          reader = undefined
        })
      })

    return Context.make(Prompt, { isPossible, choose }).pipe(Context.add(PromptTestRef, {
      type: press,
      interrupt: () => press(INTERRUPT),
      end: () => press(END),
      asked,
      unread: () => [...unread]
    }))
  }))
