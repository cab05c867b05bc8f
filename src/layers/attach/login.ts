/** Lets the user log in to a host which lets nobody in without asking. */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { SessionName } from "../../schema/SessionName.ts"
import type { HostError } from "../../services/HostError.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import type { OpenTty } from "../../services/Tty.ts"
import type { ConnectionFailure } from "../connection/silent.ts"
import type { Attachment } from "./attachment.ts"
import { loginTitle } from "./messages.ts"

/** A window that gets another size may lose the notice. */
const AGAIN_MS = 1000

export interface LoginParts {
  readonly attachment: Attachment
  readonly client: SessionClient["Service"]
  readonly host: string
  readonly name: SessionName
  readonly terminal: OpenTty
  /** A login is needed. */
  readonly onLocked: (why: HostError) => Effect.Effect<void>
  /** Shows that on the terminal. */
  readonly show: (why: HostError) => void
}

/** A person at the terminal may get in. */
export const isLocked = (failure: ConnectionFailure): failure is HostError =>
  failure._tag === "HostError" && failure.kind === "locked"

/**
 * Waits for Enter, and lends the terminal to ssh for one attempt; again while the host does not let the user in. The
 * connection that this makes is kept: the next attempt to go on, which asks nothing, uses it.
 */
export const login = Effect.fnUntraced(function*(parts: LoginParts, failure: HostError) {
  const { attachment, client, host, name, onLocked, show, terminal } = parts
  const entered = Effect.callback<void>((resume) => {
    attachment.onEnter = () => resume(Effect.void)
    return Effect.sync(() => {
      attachment.onEnter = () => {}
    })
  })
  const connect = Effect.acquireUseRelease(
    Effect.sync(() => attachment.lend(loginTitle(host))),
    () => terminal.lend(Effect.scoped(client.connect(name))),
    () => Effect.sync(() => attachment.takeBack())
  )
  attachment.lock()
  for (let why = failure;;) {
    yield* onLocked(why)
    const showing = Effect.forever(Effect.andThen(Effect.sync(() => show(why)), Effect.sleep(AGAIN_MS)))
    yield* Effect.raceFirst(entered, showing)
    const outcome = yield* Effect.result(connect)
    if (Result.isSuccess(outcome) || !isLocked(outcome.failure)) return
    why = outcome.failure
  }
})
