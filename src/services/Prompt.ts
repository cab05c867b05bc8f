import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"

/** Questions to the user at the terminal. */
export class Prompt extends Context.Service<Prompt, {
  /** False on a pipe: then nothing may be asked. */
  readonly isPossible: boolean
  /**
   * Shows numbered choices on standard error, and asks until it gets the index of one of them. None: the user chose
   * none (an empty line, the end of input). Ctrl-C ends the process, as it does while nobody asks. Lines that were
   * typed before the question are no answer to it: they are kept for `Tty.open`.
   */
  readonly choose: (question: string, choices: ReadonlyArray<string>) => Effect.Effect<Option.Option<number>>
}>()("sesh/services/Prompt") {}
