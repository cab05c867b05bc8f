import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import * as Stream from "effect/Stream"
import { Control, LASTING, SCRIPTING, type Welcome } from "../../schema/protocol/Control.ts"
import { decodeOffset, FrameType, LINES_LAST, OFFSET_BYTES } from "../../schema/protocol/Frame.ts"
import type { Ended, ExitStatus } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"
import type { ConnectionEnd } from "../../services/Connection.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { NoSession } from "../../services/NoSession.ts"
import { Output } from "../../services/Output.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import {
  SessionControl,
  SessionLost,
  SessionTooOld,
  type SignalOptions,
  type Waited,
  type WaitOptions
} from "../../services/SessionControl.ts"
import { SessionUnresponsive } from "../../services/SessionRegistry.ts"
import { tellAgent } from "../connection/agent.ts"
import { InputSender } from "../connection/inputSender.ts"
import { ask, type Asked } from "./conversation.ts"
import { lasting } from "./lasting.ts"

/** Time for a session to answer, or to continue. */
const PATIENCE = "5 seconds"

/** Time for a session that we have just created: it may still start, on a busy machine. */
const OWN_PATIENCE = "30 seconds"

/**
 * A program may end with what it was typed, before we hear that there is no more of it: a pipe tells within that time.
 */
const STREAM_END_MS = 1000

/** Longest history that is taken: a hundred thousand lines of 200 columns, each cell with a colour of its own. */
const MAX_HISTORY_BYTES = 512 * 1024 * 1024

const needScripting = (name: SessionName, { protocol, sesh }: Welcome, what: string) =>
  protocol.minor < SCRIPTING ? Effect.fail(new SessionTooOld({ name, theirs: sesh, what })) : Effect.void

/** The failure of a connection that ended before the request was done. */
const lostBy = (name: SessionName, end: ConnectionEnd): SessionLost =>
  new SessionLost(end._tag === "Closed" ? { name, why: "gone" } : { name, why: "broken", cause: end.error })

/** What was sent before the end, no more than wanted; fails when the connection ended before the status came. */
const hearEnd = (name: SessionName, asked: Asked, capture: number) =>
  Effect.callback<{ readonly status: ExitStatus; readonly output: ReadonlyArray<Buffer> }, SessionLost>((resume) => {
    const output: Array<Buffer> = []
    let room = capture
    asked.hear({
      onFrame: (type, payload) => {
        if (type === FrameType.output) {
          room -= payload.length - OFFSET_BYTES
          if (room >= 0) output.push(payload)
        }
        const status = type === FrameType.exit ? Control.exit.decode(payload) : Option.none()
        if (Option.isSome(status)) resume(Effect.succeed({ status: status.value, output }))
      },
      onClose: (end) => resume(Effect.fail(lostBy(name, end)))
    })
  })

/** How a past session ended, or its command: with its output, if that was kept because a connection was dead. */
const waitedOf = (isCommand: boolean) => ({ command, output, status }: Ended): Waited => ({
  status: isCommand ? command ?? status : status,
  output: output === undefined ? undefined : [Buffer.from(output.base64, "base64")],
  before: output?.before ?? 0
})

/** Over services alone, so that it runs on fakes. */
export const layer: Layer.Layer<SessionControl, never, SessionClient | EndedSessions | Caller | Output> = Layer.effect(
  SessionControl,
  Effect.gen(function*() {
    const client = yield* SessionClient
    const endedSessions = yield* EndedSessions
    const { agentSocket, version } = yield* Caller
    const { note } = yield* Output

    /** How a past session ended. */
    const remembered = Effect.fnUntraced(function*({ created, name }: WaitOptions, id: string | undefined) {
      const ended = Option.filter(yield* endedSessions.get(name), (ended) => id === undefined || ended.id === id)
      return Option.map(ended, waitedOf(created !== undefined))
    })

    const waitFor = Effect.fnUntraced(function*(options: WaitOptions) {
      const { capture = 0, created, name, onState } = options
      const isCommand = created !== undefined
      const remember = isCommand && client.host !== undefined && capture > 0
      let id = created
      // On another host, each connection has one of its own, which is told later.
      const agent = isCommand && client.host === undefined ? agentSocket() : undefined
      return yield* lasting({ client, endedSessions, note }, {
        name,
        version,
        role: "wait",
        patience: isCommand ? OWN_PATIENCE : PATIENCE,
        session: created,
        more: () => {
          if (!isCommand) return {}
          const command = { session: created, capture, ...(remember ? { remember } : {}) }
          return { command, ...(agent === undefined ? {} : { agent }) }
        },
        talk: Effect.fnUntraced(function*(asked) {
          id = asked.welcome.info.id
          if (isCommand) {
            yield* needScripting(name, asked.welcome, "--exec")
            yield* Effect.forkScoped(tellAgent(client, asked.welcome, asked.send))
          }
          const { output, status } = yield* hearEnd(name, asked, isCommand ? capture : 0)
          // An older session would detach everybody.
          if (remember && asked.welcome.protocol.minor >= LASTING) {
            asked.send(FrameType.detach, Control.detach.encode({}))
          }
          const [first] = output
          return {
            status,
            output: output.map((payload) => payload.subarray(OFFSET_BYTES)),
            before: first === undefined ? 0 : decodeOffset(first) ?? 0
          }
        }, Effect.scoped),
        onEnded: (ended) => Effect.succeed(waitedOf(isCommand)(ended)),
        onState
      }).pipe(
        Effect.catchTag(
          "SessionLost",
          (error) =>
            client.host === undefined && (error.why === "gone" || error.why === "broken")
              ? Effect.flatMap(remembered(options, id), Option.match({ onNone: () => error, onSome: Effect.succeed }))
              : error
        )
      )
    }, Effect.scoped)

    const wait = Effect.fn("SessionControl.wait")((options: WaitOptions) =>
      Effect.catchTag(
        waitFor(options),
        "NoSession",
        Effect.fnUntraced(function*(error: NoSession) {
          const { created, name } = options
          const waited = yield* remembered(options, created)
          if (Option.isSome(waited)) return waited.value
          return yield* created === undefined ? error : new SessionLost({ name, why: "gone", cause: error })
        })
      )
    )

    const signal = Effect.fn("SessionControl.signal")(
      function*({ created, graceMs, name, signal }: SignalOptions) {
        const asked = yield* ask(client, { name, version, patience: PATIENCE })
        if (created !== undefined && asked.welcome.info.id !== created) {
          return yield* new NoSession({ name, stale: false })
        }
        // A daemon that knows no signals hangs the terminal up.
        if (signal !== "SIGHUP") yield* needScripting(name, asked.welcome, signal)
        asked.send(FrameType.kill, Control.kill.encode({ graceMs, signal }))
        asked.send(FrameType.ping)
        // Frames are handled in order: the answer says that the signal was sent. So does the end.
        yield* Effect.callback<void, SessionLost>((resume) => {
          asked.hear({
            onFrame: (type) => {
              if (type === FrameType.pong || type === FrameType.exit) resume(Effect.void)
            },
            onClose: (end) => {
              // On another host it may or may not have arrived.
              const isLost = end._tag !== "Closed" && client.host !== undefined
              resume(isLost ? Effect.fail(lostBy(name, end)) : Effect.void)
            }
          })
        }).pipe(Effect.timeoutOrElse({
          duration: PATIENCE,
          orElse: () => Effect.fail(new SessionUnresponsive({ name, reason: "it did not say that it did" }))
        }))
      },
      Effect.scoped
    )

    /** Asks over one connection: after a break, from the beginning. */
    const readHistory = Effect.fnUntraced(function*(name: SessionName, ansi: boolean, asked: Asked) {
      yield* needScripting(name, asked.welcome, "--history")
      let bytes = 0
      const all = Effect.callback<ReadonlyArray<Buffer>, SessionLost>((resume) => {
        const pieces: Array<Buffer> = []
        const lose = (error: SessionLost) => resume(Effect.fail(error))
        asked.hear({
          onFrame: (type, payload) => {
            if (type !== FrameType.lines) return
            pieces.push(payload.subarray(1))
            bytes += payload.length
            if (bytes > MAX_HISTORY_BYTES) lose(new SessionLost({ name, why: "endless" }))
            else if ((payload[0]! & LINES_LAST) !== 0) resume(Effect.succeed(pieces))
          },
          onClose: (end) => lose(lostBy(name, end))
        })
      })
      asked.send(FrameType.history, Control.history.encode({ ansi }))
      const silence = Effect.gen(function*() {
        for (let before = -1; before !== bytes;) {
          before = bytes
          yield* Effect.sleep(PATIENCE)
        }
        return yield* new SessionUnresponsive({ name, reason: "its history does not come" })
      })
      return yield* Effect.raceFirst(all, silence)
    })

    const history = Effect.fn("SessionControl.history")(
      (name: SessionName, { ansi }: { ansi: boolean }) =>
        lasting({ client, endedSessions, note }, {
          name,
          version,
          patience: PATIENCE,
          talk: (asked) => readHistory(name, ansi, asked),
          onEnded: () => Effect.fail(new SessionLost({ name, why: "ended" }))
        }),
      Effect.scoped
    )

    /** Lets the sender type over one connection, until that ends. */
    const typing = (name: SessionName, sender: InputSender, { hear, send, welcome }: Asked) =>
      Effect.callback<never, SessionLost>((resume) => {
        const lose = (error: SessionLost) => {
          sender.close()
          resume(Effect.fail(error))
        }
        const { input: received, protocol, typed, window } = welcome
        // An older session takes a client that comes back for a new one, of which it has had everything.
        const isForgotten = protocol.minor < LASTING && sender.sentBytes > 0 && !sender.settled
        if (isForgotten || !sender.open(send, { received, typed, window })) {
          return lose(new SessionLost({ name, why: "unknown" }))
        }
        hear({
          onFrame: (type, payload) => {
            if (type === FrameType.ack) sender.onAck(decodeOffset(payload) ?? 0)
            else if (type === FrameType.exit) lose(new SessionLost({ name, why: "ended" }))
            else if (type === FrameType.error) lose(new SessionLost({ name, why: "refused" }))
          },
          onClose: (end) => lose(lostBy(name, end))
        })
      })

    const type = Effect.fnUntraced(function*<E>(name: SessionName, bytes: Stream.Stream<Uint8Array, E>) {
      const sender = new InputSender()
      const there = yield* Deferred.make<void>()
      const conversation = lasting({ client, endedSessions, note }, {
        name,
        version,
        role: "send",
        patience: PATIENCE,
        more: (session) =>
          session === undefined ? {} : { resume: { session, output: 0, input: sender.sentBytes, only: true } },
        talk: (asked) => Effect.andThen(Deferred.succeed(there, undefined), typing(name, sender, asked)),
        onEnded: () => Effect.fail(new SessionLost({ name, why: "ended" }))
      })
      const pieces = Stream.runForEach(bytes, (piece) => sender.type(piece))
      const typed = Deferred.await(there).pipe(Effect.andThen(pieces), Effect.andThen(sender.done))
      const patience = Effect.suspend(() => sender.settled ? Effect.sleep(STREAM_END_MS) : Effect.void)
      yield* Effect.raceFirst(
        typed,
        Effect.tapErrorTag(conversation, "SessionLost", () => patience)
      )
    }, Effect.scoped)

    return SessionControl.of({
      wait,
      signal,
      history,
      send: (name, bytes) => Effect.withSpan(type(name, bytes), "SessionControl.send")
    })
  })
)
