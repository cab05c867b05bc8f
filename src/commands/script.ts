/** What scripts ask of sessions that are there: `--history`, `--send`, `--wait`. */
import * as Effect from "effect/Effect"
import * as Stream from "effect/Stream"
import { exitCode } from "../schema/Session.ts"
import { Input } from "../services/Input.ts"
import { Output } from "../services/Output.ts"
import { SessionControl } from "../services/SessionControl.ts"
import type { Request } from "./request.ts"

type Ask<Tag extends Request["_tag"]> = Extract<Request, { readonly _tag: Tag }>

/** `sesh --history`: what the session has shown. */
export const history = Effect.fn("history")(function*({ ansi, name }: Ask<"History">) {
  const bytes = yield* (yield* SessionControl).history(name, { ansi })
  yield* (yield* Output).write(bytes)
  return 0
})

/** What the Enter key sends. */
const ENTER = Buffer.from("\r")

/** `sesh --send`: types, and returns once the terminal has taken it. */
export const send = Effect.fn("send")(function*({ enter, name, text }: Ask<"Send">) {
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

/** `sesh --wait`: ends when the session does, and as it did. */
export const wait = Effect.fn("wait")(function*({ name }: Ask<"Wait">) {
  const { status } = yield* (yield* SessionControl).wait({ name })
  return exitCode(status)
})
