import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { toBytes } from "../../schema/ByteString.ts"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import { quoteIfNeeded } from "../../schema/Shell.ts"
import { Input } from "../../services/Input.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { runAnywhere } from "../hosts/locate.ts"
import { flag, host, operand, session } from "../language/params.ts"
import { type InputOf, verb } from "../language/verb.ts"

const params = {
  host,
  name: session,
  /** Undefined: read from standard input. */
  text: operand("text", "text").pipe(
    Argument.variadic(),
    Argument.map((words) => words.length === 0 ? undefined : words.join(" "))
  ),
  enter: flag("enter", "press Enter at the end")
}

/** What the Enter key sends. */
const ENTER = Buffer.from("\r")

const type = Effect.fnUntraced(function*({ enter, name, text }: InputOf<typeof params>) {
  const input = yield* Input
  const end = enter ? Stream.make(ENTER) : Stream.empty
  const bytes = text !== undefined
    ? Stream.make(toBytes(text))
    // `sesh --send dev --enter` at a prompt presses the key alone.
    : enter && input.isTerminal
    ? Stream.empty
    : input.bytes
  yield* (yield* SessionControl).send(name, Stream.concat(bytes, end))
  return 0
})

/** `sesh --send`: types text, and returns once the terminal has taken it. */
export const send = verb({
  name: "send",
  help: {
    group: "In scripts",
    form: "sesh --send <name> [text...] [--enter]",
    meaning: "type text, or what standard input brings, into a session",
    details: [
      "The words of `<text>` are typed with a space between them, each as it is. Everything after `<name>` is text, with dashes or without, but for `--enter` as the last word. Without any, standard input is typed up to its end."
    ],
    flags: {
      enter: "Without text, and without standard input, nothing but that key is pressed."
    }
  },
  params,
  run: (request) => {
    const { enter, name, text } = request
    const words = [enter ? " --enter" : "", ` ${name}`, text === undefined ? "" : ` -- ${quoteIfNeeded(text)}`].join("")
    const commandLine = (host: HostName) => `sesh ${hostWord(host)} --send${words}`
    return runAnywhere(request, commandLine, type(request))
  }
})
