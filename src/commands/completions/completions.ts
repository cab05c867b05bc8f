import * as Effect from "effect/Effect"
import { Output } from "../../services/Output.ts"
import type { Request, Shell } from "../language/request.ts"
import { bash } from "./bash.ts"
import { fish } from "./fish.ts"
import { zsh } from "./zsh.ts"

/** The scripts by which a shell completes sesh's words. Made when asked for: nothing else needs them. */
export const scripts: Readonly<Record<Shell, () => string>> = { bash, zsh, fish }

/** `sesh --completions`: a shell's script, on standard output. */
export const completions = Effect.fn("completions")(
  function*({ shell }: Extract<Request, { readonly _tag: "Completions" }>) {
    yield* (yield* Output).print(scripts[shell]())
    return 0
  }
)
