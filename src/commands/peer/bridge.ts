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

/** Bytes of a payload that are copied, so that a frame is one write. */
const SMALL_BYTES = 4096

/** How it came to its end. */
type BridgeEnd =
  /** The session's socket did, and what it said is still to arrive. */
  | "session"
  /** Whoever started us is gone. */
  | "asker"
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

  let asker: Pick<OpenTty, "pause"> = { pause: () => undefined }
  let holding = false
  const decoder = new FrameDecoder()
  const toSession = (type: number, payload: Buffer) => {
    // Types that we do not know are between the two ends.
    if (connection.send(type as FrameType, payload)) return
    holding = true
    asker.pause()
  }
  const opened = yield* (yield* Tty).open({
    onInput: (bytes) => {
      const broken = decoder.push(bytes, toSession)
      if (broken !== undefined) end({ broken })
    },
    // The session hangs up on who says nothing more, and that ends us.
    onEnd: connection.end,
    onDrain: connection.resume,
    onResize: () => undefined,
    onSignal: () => end("asker")
  })
  asker = opened
  if (holding) opened.pause()

  connection.listen({
    onFrame: (type, payload) => {
      const head = header(type, payload.length)
      const isTaken = payload.length <= SMALL_BYTES
        ? opened.write(Buffer.concat([head, payload]))
        : [opened.write(head), opened.write(payload)].every((taken) => taken)
      if (!isTaken) connection.pause()
    },
    onDrain: () => {
      holding = false
      opened.resume()
    },
    onClose: () => end("session")
  })

  const how = yield* Deferred.await(ended)
  if (typeof how === "object") {
    yield* (yield* Output).note(`sesh: what came is not what a sesh says: ${how.broken.message}`)
    return 1
  }
  while (how === "session" && !(yield* opened.flush)) { /* it is slow, and there: else its pipe would be closed */ }
  return 0
}, Effect.scoped)
