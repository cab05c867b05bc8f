import * as Effect from "effect/Effect"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import { Output } from "../../services/Output.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { runAnywhere } from "../hosts/locate.ts"
import { flag, host, session } from "../language/params.ts"
import { type InputOf, verb } from "../language/verb.ts"

const params = { host, name: session, ansi: flag("ansi", "with colours and attributes") }

const read = Effect.fnUntraced(function*({ ansi, name }: InputOf<typeof params>) {
  const bytes = yield* (yield* SessionControl).history(name, { ansi })
  yield* (yield* Output).write(bytes)
  return 0
})

/** `sesh --history`: prints what the session has shown. */
export const history = verb({
  name: "history",
  help: {
    group: "In scripts",
    form: "sesh --history <name> [--ansi]",
    meaning: "print what a session has shown, as text",
    details: [
      "What a person would copy: lines that were wrapped are whole again. It goes back as far as the session keeps lines, see `SESH_SCROLLBACK`."
    ],
    flags: {
      ansi: "Each line as SGR sequences for itself."
    }
  },
  params,
  run: (request) => {
    const { ansi, name } = request
    const commandLine = (host: HostName) => `sesh ${hostWord(host)} --history ${name}${ansi ? " --ansi" : ""}`
    return runAnywhere(request, commandLine, read(request))
  }
})
