import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import { FrameDecoder, type FrameTooLong, type FrameType, header } from "../../schema/protocol/Frame.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { type OpenTty, Tty } from "../../services/Tty.ts"
import { session } from "../language/params.ts"
import { verb } from "../language/verb.ts"

/** Payloads up to this size are copied behind their header, so that a frame is one write. */
const SMALL_BYTES = 4096

/** Why the bridge ended. */
type BridgeEnd =
  /** The session closed its socket. Its last bytes are still on their way. */
  | "session"
  /** The sesh that started us is gone. */
  | "client"
  | { readonly broken: FrameTooLong }

/**
 * The hidden `sesh --bridge`: a session's socket as standard input and output, for a sesh on another machine whose ssh
 * cannot reach the socket itself. Ends with 0 when the session hangs up.
 */
export const bridge = verb({ name: "bridge", params: { name: session }, run: ({ name }) => carry(name) })

const carry = Effect.fn("bridge")(function*(name: SessionName) {
  const connection = yield* (yield* SessionClient).connect(name)
  const ended = yield* Deferred.make<BridgeEnd>()
  const end = (how: BridgeEnd) => void Deferred.doneUnsafe(ended, Exit.succeed(how))

  let client: Pick<OpenTty, "pause"> = { pause: () => undefined }
  let isHeld = false
  const decoder = new FrameDecoder()
  const toSession = (type: number, payload: Buffer) => {
    // Unknown types pass: the two ends may both be newer.
    if (connection.send(type as FrameType, payload)) return
    isHeld = true
    client.pause()
  }
  const opened = yield* (yield* Tty).open({
    onInput: (bytes) => {
      const broken = decoder.push(bytes, toSession)
      if (broken !== undefined) end({ broken })
    },
    // The session then closes its side, which ends us.
    onEnd: connection.end,
    onDrain: connection.resume,
    onResize: () => undefined,
    onSignal: () => end("client")
  })
  client = opened
  if (isHeld) opened.pause()

  connection.listen({
    onFrame: (type, payload) => {
      const head = header(type, payload.length)
      const isTaken = payload.length <= SMALL_BYTES
        ? opened.write(Buffer.concat([head, payload]))
        : [opened.write(head), opened.write(payload)].every((taken) => taken)
      if (!isTaken) connection.pause()
    },
    onDrain: () => {
      isHeld = false
      opened.resume()
    },
    onClose: () => end("session")
  })

  const how = yield* Deferred.await(ended)
  if (typeof how === "object") {
    yield* (yield* Output).note(`sesh: what came is not what a sesh says: ${how.broken.message}`)
    return 1
  }
  while (
    how === "session" && !(yield* opened.flush)
  ) { /* the client is slow, but alive: else its pipe would be closed */ }
  return 0
}, Effect.scoped)
