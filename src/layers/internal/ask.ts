/** A short conversation with a session: hello, welcome, and what the asker wants to hear after. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import type * as Scope from "effect/Scope"
import type { Welcome } from "../../schema/Control.ts"
import { FrameType } from "../../schema/Frame.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import type { Connection } from "../../services/Connection.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { type AskError, SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { hello, readAnswer } from "./handshake.ts"

/** After a session has ended while we connected, the name is free this soon. */
const AGAIN_MS = 20

export interface Asked {
  readonly welcome: Welcome
  readonly send: Connection["send"]
  /** What came after the welcome, from its first frame on. Undefined once the connection has ended. Once. */
  readonly hear: (told: (frame: { readonly type: number; readonly payload: Buffer } | undefined) => void) => void
}

class HungUp extends Schema.TaggedError<HungUp>()("HungUp", {}) {}

const converse = (name: SessionName, version: string, connection: Connection) =>
  Effect.callback<Asked, HungUp | AskError>((resume) => {
    let told: Parameters<Asked["hear"]>[0] | undefined
    let welcomed = false
    let over = false
    connection.listen({
      onFrame: (type, payload) => {
        if (welcomed) return told?.({ type, payload })
        const answer = readAnswer(name, version, type, payload)
        if (answer === undefined) return
        welcomed = true
        // What follows waits until somebody hears it.
        connection.pause()
        resume(Effect.map(Effect.fromResult(answer), (welcome) => ({
          welcome,
          send: connection.send,
          hear: (listener) => {
            told = listener
            if (over) listener(undefined)
            else connection.resume()
          }
        })))
      },
      onDrain: () => undefined,
      onClose: () => {
        over = true
        if (welcomed) told?.(undefined)
        else resume(Effect.fail(new HungUp()))
      }
    })
    connection.send(FrameType.hello, hello(version, "query"))
  })

/** Connects as a `query` and waits for the welcome. Closing the scope ends the conversation. */
export const ask = (
  client: SessionClient["Service"],
  options: { readonly name: SessionName; readonly version: string; readonly patience: number }
): Effect.Effect<Asked, AskError, Scope.Scope> => {
  const { name, patience, version } = options
  const unresponsive = (reason: string) => Effect.fail(new SessionUnresponsive({ name, reason }))
  const once = Effect.flatMap(client.connect(name), (connection) => converse(name, version, connection))
  return once.pipe(
    // It may have been ending: then nobody is there the second time.
    Effect.catchTag("HungUp", () => Effect.andThen(Effect.sleep(AGAIN_MS), once)),
    Effect.catchTag("HungUp", () => unresponsive("it hung up")),
    Effect.timeoutOrElse({
      duration: patience,
      orElse: () => unresponsive(`no answer in ${patience / 1_000} s`)
    })
  )
}
