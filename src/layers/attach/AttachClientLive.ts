import * as Clock from "effect/Clock"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { DEFAULT_DETACH_KEY, parseDetachKey } from "../../schema/DetachKey.ts"
import { newId } from "../../schema/Id.ts"
import type { ShownIn } from "../../schema/protocol/Control.ts"
import { DEFAULT_SIZE } from "../../schema/Session.ts"
import {
  AttachClient,
  type AttachEnd,
  type AttachOptions,
  type AttachState,
  SessionGone
} from "../../services/AttachClient.ts"
import { Caller } from "../../services/Caller.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import type { HostError } from "../../services/HostError.ts"
import { Output } from "../../services/Output.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { Surroundings } from "../../services/Surroundings.ts"
import { type OpenTty, Tty } from "../../services/Tty.ts"
import { backNote, lostNote, reconnect } from "../connection/reconnect.ts"
import type { ConnectionFailure } from "../connection/silent.ts"
import { monotonicMsOf } from "../system/monotonic.ts"
import { Attachment, CTRL_C } from "./attachment.ts"
import { type AttachedConnection, makeConnections } from "./connections.ts"
import { isLocked, login } from "./login.ts"
import { lockedNotice, reconnectNotice } from "./messages.ts"
import { firstFailure, welcomeMs } from "./openConnection.ts"

/** Most times that a paste which is still coming when we leave is given more time. */
const MAX_PASTE_WAITS = 20

/**
 * Takes in what the terminal still says to the session: answers, reports of its mouse, the rest of a paste. The next
 * program, mostly a shell, would take it for typing.
 */
const settle = Effect.fnUntraced(function*(attachment: Attachment, now: () => number) {
  const input = Effect.callback<void>((resume) => {
    if (attachment.isSettled) return resume(Effect.void)
    return Effect.sync(attachment.onNextInput(() => resume(Effect.void)))
  })
  let start = now()
  let { inputs } = attachment
  for (let waits = 0; !attachment.isSettled && waits < MAX_PASTE_WAITS;) {
    // Looked at again after each input: an answer tells how far away the terminal is.
    const left = start + attachment.settlingMs - now()
    if (left > 0) {
      yield* Effect.timeoutOption(input, left)
      continue
    }
    if (!attachment.isPasting || attachment.inputs === inputs) return
    inputs = attachment.inputs
    start = now()
    waits++
  }
})

/** The attachment, over services alone, so that it runs on fakes. */
export const layer: Layer.Layer<
  AttachClient,
  never,
  SessionClient | EndedSessions | Tty | Output | Caller | Surroundings
> = Layer
  .effect(
    AttachClient,
    Effect.gen(function*() {
      const client = yield* SessionClient
      const endedSessions = yield* EndedSessions
      const tty = yield* Tty
      const { note } = yield* Output
      const caller = yield* Caller
      const clock = yield* Clock.Clock
      const surroundings = yield* Surroundings
      const { host } = client

      const attach = Effect.fn("AttachClient.attach")(function*(options: AttachOptions) {
        const { name, role } = options
        const reportState = (state: AttachState) => options.onState?.(state) ?? Effect.void
        const key = yield* Effect.fromResult(parseDetachKey(caller.env["SESH_DETACH_KEY"] ?? DEFAULT_DETACH_KEY))
        const scope = yield* Effect.scope
        const run = Effect.runForkWith(yield* Effect.context())
        const ended = yield* Deferred.make<AttachEnd>()
        const now = () => monotonicMsOf(clock)
        const attachment = new Attachment({
          role,
          key,
          inputIsTerminal: tty.inputIsTerminal,
          outputIsTerminal: tty.outputIsTerminal,
          size: tty.size() ?? DEFAULT_SIZE,
          now,
          after: (ms, then) => void run(Effect.forkIn(Effect.andThen(Effect.sleep(ms), Effect.sync(then)), scope)),
          onEnd: (end) => Deferred.doneUnsafe(ended, Exit.succeed(end))
        })
        let shownIn: ShownIn = []
        yield* surroundings.follow((ids) => {
          shownIn = ids
          attachment.tellShownIn(ids)
        })
        const connections = makeConnections({
          attachment,
          caller,
          client,
          options,
          shownIn: () => shownIn,
          tty,
          id: yield* newId
        })

        /** Reconnects. Shows the state on the terminal, or on standard error if output is not a terminal. */
        const whileLost = Effect.fnUntraced(function*(host: string, terminal: OpenTty) {
          if (!tty.outputIsTerminal) yield* note(lostNote(host))
          const textOf = (why: HostError) => lockedNotice({ host, key: key ?? CTRL_C, why })
          const heal = (failure: ConnectionFailure) =>
            isLocked(failure) && client.mayAsk && tty.inputIsTerminal
              ? login({
                attachment,
                client,
                host,
                name,
                terminal,
                onLocked: (error) =>
                  Effect.andThen(
                    reportState({ _tag: "Locked", error }),
                    tty.outputIsTerminal ? Effect.void : note(`[${textOf(error)}]`)
                  ),
                show: (error) => attachment.showNotice(textOf(error))
              }, failure)
              : Effect.fail(failure)
          const current = yield* reconnect({
            attempt: connections.openAgain,
            heal,
            isShown: tty.outputIsTerminal,
            onState: (seconds, why) =>
              attachment.showNotice(reconnectNotice({
                host,
                seconds,
                why,
                key: tty.inputIsTerminal ? key ?? CTRL_C : undefined,
                hasOverflowed: attachment.hasOverflowed
              })),
            onKey: (run) => {
              attachment.onKey = run
              return () => {
                attachment.onKey = () => {}
              }
            }
          })
          if (!tty.outputIsTerminal) yield* note(backNote(host))
          return current
        })

        /** Ends the attachment after a failure that no retry heals. */
        const endLost = Effect.fnUntraced(function*(failure: ConnectionFailure) {
          if (failure._tag === "SessionReplaced") return attachment.end({ _tag: "Lost", error: failure })
          const error = firstFailure(name)(failure)
          if (error._tag !== "NoSession") return attachment.end({ _tag: "Lost", error })
          const known = yield* Effect.orElseSucceed(endedSessions.get(name), () => Option.none())
          const ended = Option.filter(known, ({ id }) => id === connections.session())
          attachment.end(
            Option.isSome(ended)
              ? { _tag: "Exited", status: ended.value.status }
              : { _tag: "Lost", error: new SessionGone({ ...(host === undefined ? {} : { host }), cause: error }) }
          )
        })

        /** Reconnects after each lost connection, until the attachment ends. */
        const reconnecting = Effect.fnUntraced(function*(first: AttachedConnection, terminal: OpenTty) {
          for (let current = first;;) {
            const error = yield* current.broken
            // The session may have sent the reason before.
            if (attachment.hasEnded) return
            if (host === undefined) return attachment.end({ _tag: "Lost", error: error ?? new SessionGone({}) })
            attachment.disconnect()
            yield* current.close
            yield* reportState({ _tag: "Lost", ...(error === undefined ? {} : { error }) })
            current = yield* whileLost(host, terminal)
            yield* reportState({ _tag: "Resumed" })
          }
        }, Effect.catch(endLost))

        const first = yield* Effect.mapError(connections.openApart, firstFailure(name))
        const open = tty.open({
          onInput: (bytes) => attachment.onInput(bytes),
          onEnd: () => attachment.onInputEnd(),
          onDrain: () => attachment.onDrain(),
          onResize: (size) => attachment.onResize(size),
          onSignal: (signal) => attachment.onSignal(signal)
        })
        // The terminal gets ready while the daemon answers. Not on another host: there may be no session, and then the
        // next attachment needs the input.
        const welcomed = Effect.mapError(first.welcomed(welcomeMs(host)), firstFailure(name))
        const ready = Effect.andThen(options.before ?? Effect.void, open)
        const concurrency = host === undefined ? "unbounded" : 1
        const [, terminal] = yield* Effect.all([welcomed, ready], { concurrency })
        attachment.show(terminal)
        yield* reportState({ _tag: "Attached" })
        // Before the terminal was open, no change of its size was reported.
        yield* connections.settleSize
        const end = yield* Effect.raceFirst(
          Deferred.await(ended),
          Effect.andThen(reconnecting(first, terminal), Effect.never)
        )
        attachment.hangUp()
        if (tty.outputIsTerminal) terminal.write(attachment.clean())
        const isTaken = yield* terminal.flush
        if (isTaken && tty.outputIsTerminal) yield* settle(attachment, now)
        return end
      }, Effect.scoped)

      return AttachClient.of({ attach })
    })
  )
