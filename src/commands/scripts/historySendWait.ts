/** What scripts ask of sessions that are there: `--history`, `--send`, `--wait`. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import type { HostName } from "../../schema/HostName.ts"
import { exitCode } from "../../schema/Session.ts"
import { quoteIfNeeded } from "../../schema/Shell.ts"
import { Input } from "../../services/Input.ts"
import { Output } from "../../services/Output.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { anywhere } from "../hosts/locate.ts"
import { orLost } from "../hosts/onHost.ts"
import type { Ask } from "../language/request.ts"

const read = Effect.fnUntraced(function*({ ansi, name }: Ask<"History">) {
  const bytes = yield* (yield* SessionControl).history(name, { ansi })
  yield* (yield* Output).write(bytes)
  return 0
})

/** `sesh --history`: what the session has shown. */
export const history = (request: Ask<"History">) => {
  const { ansi, name } = request
  const say = (host: HostName) => `sesh @${host} --history ${name}${ansi ? " --ansi" : ""}`
  return anywhere(request, say, read(request))
}

/** What the Enter key sends. */
const ENTER = Buffer.from("\r")

const type = Effect.fnUntraced(function*({ enter, name, text }: Ask<"Send">) {
  const input = yield* Input
  const end = enter ? Stream.make(ENTER) : Stream.empty
  const bytes = text !== undefined
    ? Stream.make(Buffer.from(text))
    // `sesh --send dev --enter` at a prompt: the key alone.
    : enter && input.isTerminal
    ? Stream.empty
    : input.bytes
  yield* (yield* SessionControl).send(name, Stream.concat(bytes, end))
  return 0
})

/** `sesh --send`: types, and returns once the terminal has taken it. */
export const send = (request: Ask<"Send">) => {
  const { enter, name, text } = request
  const words = [enter ? " --enter" : "", ` ${name}`, text === undefined ? "" : ` -- ${quoteIfNeeded(text)}`].join("")
  const say = (host: HostName) => `sesh @${host} --send${words}`
  return anywhere(request, say, type(request))
}

const waitThere = ({ name }: Ask<"Wait">) =>
  orLost(
    Effect.flatMap(SessionControl, (control) => Effect.map(control.wait({ name }), ({ status }) => exitCode(status))),
    `; ${name} may still run there`
  )

/** `sesh --wait`: ends when the session does, and as it did. */
export const wait = (request: Ask<"Wait">) => {
  const say = (host: HostName) => `sesh @${host} --wait ${request.name}`
  return anywhere(request, say, waitThere(request))
}
