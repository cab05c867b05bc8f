import * as Argument from "effect/cli/Argument"
import * as CliError from "effect/cli/CliError"
import * as Effect from "effect/Effect"
import { Caller } from "../../services/Caller.ts"
import { Output } from "../../services/Output.ts"
import { operand } from "../language/params.ts"
import { verb, Verbs } from "../language/verb.ts"
import { bash } from "./bash.ts"
import { fish } from "./fish.ts"
import { type Completed, completed, type Offers, offersOf, type Shell, SHELLS } from "./words.ts"
import { zsh } from "./zsh.ts"

/** The completion script of each shell, for a command. Generated when the user asks for it. */
export const scripts: Readonly<Record<Shell, (offers: Offers, of: Completed) => string>> = { bash, zsh, fish }

const toShell = (word: string) => {
  const shell = SHELLS.find((shell) => shell === word)
  return shell === undefined
    ? Effect.fail(new CliError.ValidationError({ message: `there are no completions for ${JSON.stringify(word)}` }))
    : Effect.succeed(shell)
}

/** `sesh --completions`: prints a shell's completion script. */
export const completions = verb({
  name: "completions",
  ignoresVariables: true,
  help: {
    group: "Layout and setup",
    form: "sesh --completions bash|zsh|fish",
    meaning: "print what makes a shell complete sesh",
    details: [
      "They complete the name by which sesh is called here. `npm run setup` puts them where shells look for them. Otherwise add one of these to what your shell reads when it starts:",
      "bash: `eval \"$(sesh --completions bash)\"`",
      "zsh, after compinit: `source <(sesh --completions zsh)`",
      "fish: `sesh --completions fish | source`"
    ]
  },
  params: { shell: operand("shell", "shell").pipe(Argument.mapEffect(toShell)) },
  run: Effect.fn("completions")(function*({ shell }) {
    const { command } = yield* Caller
    yield* (yield* Output).print(scripts[shell](offersOf(yield* Verbs), completed(command)))
    return 0
  })
})
