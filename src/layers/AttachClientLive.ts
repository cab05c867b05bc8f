import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Result from "effect/Result"
import type { Welcome } from "../schema/Control.ts"
import { DEFAULT_DETACH_KEY, parseDetachKey } from "../schema/DetachKey.ts"
import { FrameType } from "../schema/Frame.ts"
import { DEFAULT_SIZE, type Size } from "../schema/Session.ts"
import { AttachClient, type AttachEnd, type AttachOptions } from "../services/AttachClient.ts"
import { Caller } from "../services/Caller.ts"
import { SessionClient } from "../services/SessionClient.ts"
import { type AskError, SessionUnresponsive } from "../services/SessionRegistry.ts"
import { Tty } from "../services/Tty.ts"
import { Attachment } from "./internal/client/attachment.ts"
import { hello, readAnswer } from "./internal/handshake.ts"

/** A daemon that has not answered by then is stopped or stuck. */
const WELCOME_MS = 5000

/** The attachment over services alone: runs on fakes. */
export const layer: Layer.Layer<AttachClient, never, SessionClient | Tty | Caller> = Layer.effect(
  AttachClient,
  Effect.gen(function*() {
    const client = yield* SessionClient
    const tty = yield* Tty
    const caller = yield* Caller

    const greeting = ({ created, role }: AttachOptions, size: Size | undefined): Buffer => {
      const agent = caller.agentSocket()
      const within = caller.env["SESH_SESSION"]
      return hello(caller.version, role, {
        ...(size === undefined ? {} : { size }),
        ...(created === undefined ? {} : { resume: { session: created, output: 0, input: 0 } }),
        ...(agent === undefined ? {} : { agent }),
        ...(within ? { within } : {})
      })
    }

    const attach = Effect.fn("AttachClient.attach")(function*(options: AttachOptions) {
      const { name, role } = options
      const key = yield* Effect.fromResult(parseDetachKey(caller.env["SESH_DETACH_KEY"] ?? DEFAULT_DETACH_KEY))
      const scope = yield* Effect.scope
      const run = Effect.runForkWith(yield* Effect.context())
      const connection = yield* client.connect(name)
      const ended = yield* Deferred.make<AttachEnd>()
      const welcomed = yield* Deferred.make<Welcome, AskError>()

      const attachment = new Attachment({
        connection,
        role,
        key,
        inputIsTerminal: tty.inputIsTerminal,
        rows: tty.size()?.rows ?? DEFAULT_SIZE.rows,
        after: (ms, then) => void run(Effect.forkIn(Effect.andThen(Effect.sleep(ms), Effect.sync(then)), scope)),
        onEnd: (end) => Deferred.doneUnsafe(ended, Exit.succeed(end))
      })
      let answered = false
      const onAnswer = (type: number, payload: Buffer) => {
        const answer = readAnswer(name, caller.version, type, payload)
        if (answer === undefined) return
        answered = true
        Result.match(answer, {
          onSuccess: (welcome) => {
            attachment.welcome(welcome.window)
            Deferred.doneUnsafe(welcomed, Exit.succeed(welcome))
          },
          onFailure: (error) => Deferred.doneUnsafe(welcomed, Exit.fail(error))
        })
      }
      connection.listen({
        onFrame: (type, payload) => answered ? attachment.onFrame(type, payload) : onAnswer(type, payload),
        onDrain: () => {},
        onClose: (reason) => {
          const why = reason ?? "it hung up before it answered"
          Deferred.doneUnsafe(welcomed, Exit.fail(new SessionUnresponsive({ name, reason: why })))
          attachment.onClose(reason)
        }
      })
      const sizeSaid = tty.size()
      connection.send(FrameType.hello, greeting(options, sizeSaid))

      const open = tty.open({
        onInput: (bytes) => attachment.onInput(bytes),
        onEnd: () => attachment.onInputEnd(),
        onDrain: () => attachment.onDrain(),
        onResize: (size) => attachment.onResize(size),
        onSignal: (signal) => attachment.onSignal(signal)
      })
      const welcome = Deferred.await(welcomed).pipe(
        Effect.timeoutOrElse({
          duration: WELCOME_MS,
          orElse: () => Effect.fail(new SessionUnresponsive({ name, reason: `no welcome in ${WELCOME_MS / 1000} s` }))
        })
      )
      // The terminal gets ready while the daemon answers.
      const [, terminal] = yield* Effect.all([welcome, Effect.andThen(options.before ?? Effect.void, open)], {
        concurrency: "unbounded"
      })
      attachment.show(terminal)
      yield* options.onState?.({ _tag: "Attached" }) ?? Effect.void
      // Until the terminal was open nobody told us of a change.
      const size = tty.size()
      if (size !== undefined && (size.cols !== sizeSaid?.cols || size.rows !== sizeSaid.rows)) attachment.onResize(size)
      const end = yield* Deferred.await(ended)
      connection.end()
      if (tty.outputIsTerminal) terminal.write(attachment.clean())
      yield* terminal.flush
      return end
    }, Effect.scoped)

    return AttachClient.of({ attach })
  })
)
