import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Stream from "effect/Stream"
import { fitting } from "../../schema/Listing.ts"
import { PROTOCOL } from "../../schema/protocol/Control.ts"
import {
  type AskCreate,
  EXCHANGE,
  Exchange,
  MAX_ANSWER_BYTES,
  MAX_REQUEST_BYTES,
  MAX_SESSIONS,
  RemoteAnswer,
  type RemoteAsk,
  type RemoteReply,
  RemoteRequest,
  terminalVariables
} from "../../schema/protocol/Serve.ts"
import type { SessionSpec } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Caller } from "../../services/Caller.ts"
import { DaemonLauncher, type Launched } from "../../services/DaemonLauncher.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { Input } from "../../services/Input.ts"
import { Output } from "../../services/Output.ts"
import { Paths } from "../../services/Paths.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { verb } from "../language/verb.ts"

const LF = 0x0a

const decodeExchange = Schema.decodeUnknownOption(Schema.fromJsonString(Exchange))
const decodeRequest = Schema.decodeUnknownOption(Schema.fromJsonString(RemoteRequest))
const encodeAnswer = Schema.encodeSync(Schema.fromJsonString(RemoteAnswer))

const refuse = (kind: string, message: string): RemoteReply => ({ error: { kind, message } })

/** The hidden `sesh --serve`: answers one question of a sesh on another machine, which started us over ssh. */
export const serve = verb({ name: "serve", params: {}, run: () => answerOne() })

const answerOne = Effect.fn("serve")(function*() {
  const { agentSocket, home, version } = yield* Caller
  const { dir } = yield* Paths
  const reply = yield* Effect.flatMap(request, Result.match({ onSuccess: answer, onFailure: Effect.succeed }))
  const agent = agentSocket()
  const line = encodeAnswer({
    version: EXCHANGE,
    sesh: version,
    protocol: PROTOCOL,
    home,
    dir,
    ...(agent === undefined ? {} : { agent }),
    answer: reply
  })
  yield* (yield* Output).write([Buffer.from(`${line}\n`)])
  return 0
})

/** The question, or a reply that says why it cannot be answered. */
const request = Effect.gen(function*(): Effect.fn.Return<Result.Result<RemoteAsk, RemoteReply>, never, Input | Caller> {
  const parts: Array<Uint8Array> = []
  let length = 0
  const failure = yield* (yield* Input).bytes.pipe(
    Stream.takeUntil((piece) => {
      parts.push(piece)
      length += piece.length
      return piece.includes(LF) || length > MAX_REQUEST_BYTES
    }),
    Stream.runDrain,
    Effect.as(undefined),
    Effect.catch((error) => Effect.succeed(error.message))
  )
  if (failure !== undefined) return Result.fail(refuse("request", failure))
  if (length > MAX_REQUEST_BYTES) return Result.fail(refuse("request", `it has more than ${MAX_REQUEST_BYTES} bytes`))
  const line = Buffer.concat(parts).toString("utf8")
  const exchange = Option.getOrUndefined(decodeExchange(line))
  if (exchange === undefined) return Result.fail(refuse("request", "it is no question of a sesh"))
  const { version } = yield* Caller
  if (exchange.version !== EXCHANGE) return Result.fail(refuse("version", `this is sesh ${version}`))
  const decoded = Option.getOrUndefined(decodeRequest(line))
  if (decoded === undefined) return Result.fail(refuse("request", `sesh ${version} does not understand it`))
  // Creates no session that the other sesh could not talk to.
  return decoded.question.ask === "create" && decoded.protocol.major !== PROTOCOL.major
    ? Result.fail(refuse("version", `this is sesh ${version}`))
    : Result.succeed(decoded.question)
})

const answer = Effect.fnUntraced(function*(question: RemoteAsk) {
  switch (question.ask) {
    case "sessions":
      return yield* (yield* SessionRegistry).list.pipe(
        Effect.map((sessions): RemoteReply => ({
          sessions: fitting(sessions.slice(0, MAX_SESSIONS), MAX_ANSWER_BYTES)
        })),
        Effect.catch((error) => Effect.succeed(refuse("place", error.message)))
      )
    case "create":
      return yield* create(question)
    case "ended":
      return yield* (yield* EndedSessions).get(question.name).pipe(
        Effect.map((ended): RemoteReply => ({ ended: Option.getOrNull(ended) }))
      )
  }
})

/** Whether somebody listens for clients of that name. */
const isThere = (name: SessionName) =>
  Effect.flatMap(SessionClient, ({ connect }) => Effect.scoped(Effect.isSuccess(connect(name))))

/** Whether the session was made for this question before. The asker did not hear of it: the connection broke. */
const wasMade = Effect.fnUntraced(function*({ id, name }: AskCreate) {
  if (id === undefined) return false
  const now = yield* Effect.option((yield* SessionRegistry).get(name))
  if (Option.isSome(now)) return now.value.info.id === id
  const ended = yield* Effect.option((yield* EndedSessions).get(name))
  return Option.isSome(ended) && Option.isSome(ended.value) && ended.value.value.id === id
})

/** The asker learns of a command that takes longer by waiting for it, which costs more round trips. */
const SHORT_COMMAND = "1 second"

/** Says how the command has ended, if it does soon. The status of one that ends later is kept for who waits then. */
const withEnd = Effect.fnUntraced(function*(name: SessionName, created: Launched) {
  const waited = yield* (yield* SessionControl).wait({ name, created: created.id }).pipe(
    Effect.timeoutOption(SHORT_COMMAND),
    Effect.orElseSucceed(() => Option.none())
  )
  return Option.isNone(waited) ? created : { ...created, ended: waited.value.status }
})

/** Creates a session with the environment of a login here, and the terminal of the other sesh. */
const create = Effect.fnUntraced(function*(question: AskCreate) {
  const { awaited, command, dir, id, keep, modes, name, size, terminal } = question
  const made = Effect.map(
    wasMade(question),
    (isMade): RemoteReply | undefined => isMade ? { created: { id: id! } } : undefined
  )
  const before = yield* made
  if (before !== undefined) return before
  // Cheaper than a daemon that finds the name taken.
  if (yield* isThere(name)) return { exists: true } satisfies RemoteReply
  const { environment, home, resolve } = yield* Caller
  const spec: SessionSpec = {
    name,
    ...(id === undefined ? {} : { id }),
    dir: dir === "" ? home : resolve(dir.startsWith("/") ? dir : `${home}/${dir}`),
    ...(command === undefined ? {} : { command }),
    env: {
      ...environment(),
      ...terminalVariables(terminal)
    },
    size,
    ...(modes === undefined ? {} : { modes }),
    awaited,
    login: true,
    ...(keep === undefined ? {} : { keep })
  }
  return yield* (yield* DaemonLauncher).launch(spec).pipe(
    Effect.flatMap((created) => question.status === true ? withEnd(name, created) : Effect.succeed(created)),
    Effect.map((created): RemoteReply => ({ created })),
    Effect.catchTags({
      SessionExists: ({ machine }) =>
        Effect.map(
          made,
          (reply): RemoteReply => reply ?? { exists: true, ...(machine === undefined ? {} : { machine }) }
        ),
      LaunchError: ({ kind, reason }) => Effect.succeed(refuse(kind, reason)),
      PathsError: ({ message }) => Effect.succeed(refuse("place", message))
    }),
    Effect.catch(({ message }) => Effect.succeed(refuse("other", message)))
  )
})
