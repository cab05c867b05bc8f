import * as Context from "effect/Context"
import type * as Effect from "effect/Effect"
import type * as Option from "effect/Option"
import type * as Scope from "effect/Scope"

/** Questions to the person at the terminal. */
export class Prompt extends Context.Service<Prompt, {
  /** False on a pipe: then nothing may be asked. */
  readonly isPossible: boolean
  /**
   * Shows numbered choices, on standard error, and asks for one of them until it gets it: its index. None: the person
   * would rather not (an empty line, the end of input, Ctrl-C).
   */
  readonly choose: (question: string, choices: ReadonlyArray<string>) => Effect.Effect<Option.Option<number>>
  /** Runs when Enter or Ctrl-C is pressed, until the scope closes: what was pressed is not left for who reads next. Once. */
  readonly onImpatience: (run: () => void) => Effect.Effect<void, never, Scope.Scope>
}>()("sesh/services/Prompt") {}
