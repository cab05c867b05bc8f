import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Questions to the user at the terminal. */
export class Prompt extends Context.Service<Prompt, {
  /** False on a pipe: then nothing may be asked. */
  readonly isPossible: boolean
  /**
   * Shows numbered choices on standard error, and asks until it gets the index of one of them. None: the user chose
   * none (an empty line, the end of input, Ctrl-C).
   */
  readonly choose: (question: string, choices: ReadonlyArray<string>) => Effect.Effect<Option.Option<number>>
  /**
   * Runs when the user presses Enter or Ctrl-C, until the scope closes: the keys are not left for the next reader.
   * Once.
   */
  readonly onImpatience: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
}>()("sesh/services/Prompt") {}
