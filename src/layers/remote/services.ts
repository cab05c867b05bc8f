/** Services that the host's sesh provides. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isText } from "../../schema/ByteString.ts"
import { newId } from "../../schema/Id.ts"
import { LASTING } from "../../schema/protocol/Control.ts"
import { type AskCreate, terminalVariables } from "../../schema/protocol/Serve.ts"
import type { SessionSpec } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { visible } from "../../schema/Text.ts"
import { DaemonLauncher, type Launched, LaunchError, type LaunchOptions } from "../../services/DaemonLauncher.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import type { HostError } from "../../services/HostError.ts"
import type { Output } from "../../services/Output.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { SessionExists } from "../../services/SessionServer.ts"
import type { Tty } from "../../services/Tty.ts"
import { reconnectSaying } from "../connection/reconnect.ts"
import { askSessions } from "../sessions/requests.ts"
import { nonsense } from "./errors.ts"
import { type Host, withoutLaunch } from "./host.ts"

const MAX_WARNING_CHARACTERS = 1000

/** The host lists its sessions and removes dead ones; a session is asked over its socket. */
export const remoteRegistry = (client: SessionClient["Service"], host: Host, version: string) =>
  SessionRegistry.of({
    ...askSessions(client, version),
    list: Effect.map(host.look, ({ sessions }) => sessions),
    names: host.lookShared.pipe(
      Effect.catch(() => Effect.map(host.remembered, Option.getOrElse(() => ({ sessions: [] })))),
      Effect.map(({ sessions }) => sessions.map(({ name }) => name))
    )
  })

/**
 * Asks to create a session. Where the connection breaks in the middle of that, asks again, for as long as it takes: the
 * host knows by its id whether it has made that session. Of an older one this is not known, and the failure is final.
 */
const askToCreate = Effect.fnUntraced(function*(
  host: Host,
  note: Output["Service"]["note"],
  question: AskCreate,
  onAsked?: () => void
) {
  const again = Effect.fnUntraced(function*(error: HostError) {
    const attempt = Effect.gen(function*() {
      const asked = yield* Effect.mapError(host.ask({ ask: "ended", name: question.name }), withoutLaunch(host.name))
      if (asked.protocol.minor < LASTING) return Effect.fail(error)
      return yield* host.ask(question).pipe(
        Effect.map(Effect.succeed),
        Effect.catchTag("LaunchRefused", (refused) => Effect.succeed(Effect.fail(refused)))
      )
    })
    const answered = yield* reconnectSaying(host.name, note, attempt).pipe(
      // An attempt fails with no other.
      Effect.catchIf((failure) => failure._tag !== "HostError", Effect.die)
    )
    return yield* answered
  })
  return yield* host.ask(question, onAsked).pipe(
    Effect.catchIf((error) => error._tag === "HostError" && error.kind === "lost", (error) => again(error as HostError))
  )
})

/** The session gets the environment of a login on its host, and a terminal as this one: modes, size and pixels. */
export const remoteLauncher = (host: Host, tty: Tty["Service"], { note }: Output["Service"]) =>
  DaemonLauncher.of({
    launch: Effect.fn("DaemonLauncher.launch")(
      function*({ awaited, command, dir, env, keep, name, size }: SessionSpec, options: LaunchOptions = {}) {
        const [file, ...args] = command ?? []
        // What goes to a host is text, and an older sesh there would change such bytes.
        if (![dir, ...command ?? []].every(isText)) {
          return yield* new LaunchError({ name, kind: "other", reason: "its directory or command is not UTF-8" })
        }
        // Before the size, which has no pixels before.
        const modes = tty.modes()
        const answered = yield* askToCreate(host, note, {
          ask: "create",
          name,
          id: yield* newId,
          dir,
          ...(file === undefined ? {} : { command: [file, ...args] }),
          size: tty.size() ?? size,
          ...(modes === undefined ? {} : { modes }),
          terminal: terminalVariables(env),
          awaited,
          ...(keep === undefined ? {} : { keep }),
          ...(options.wantsStatus === true ? { status: true } : {})
        }, options.onAsked).pipe(
          Effect.catchTag("LaunchRefused", (cause) =>
            Effect.fail(new LaunchError({ name, kind: cause.kind, reason: cause.reason, cause })))
        )
        const { reply } = answered
        if ("exists" in reply) {
          const { machine } = reply
          return yield* new SessionExists({ name, ...(machine === undefined ? {} : { machine }) })
        }
        if (!("created" in reply)) {
          return yield* nonsense(host.name, "it answers another question")
        }
        yield* host.remember(name, answered)
        const { ended, id, warning } = reply.created
        if (ended !== undefined) {
          host.told.set(id, ended)
        }
        const launched: Launched = warning === undefined
          ? { id }
          : { id, warning: `${host.name}: ${visible(warning.slice(0, MAX_WARNING_CHARACTERS))}` }
        return launched
      }
    )
  })

/** As `control`, but waits for no command of which the host has told the end, where nothing else is wanted of it. */
export const remoteControl = (host: Host, control: SessionControl["Service"]) =>
  SessionControl.of({
    ...control,
    wait: (options) =>
      Effect.suspend(() => {
        const { capture = 0, created } = options
        const status = created === undefined || capture > 0 ? undefined : host.told.get(created)
        return status === undefined ? control.wait(options) : Effect.succeed({ status, output: undefined, before: 0 })
      })
  })

/** Asks the host how sessions ended. */
export const remoteEnded = (host: Host) =>
  EndedSessions.of({
    get: (name: SessionName) =>
      host.ask({ ask: "ended", name }).pipe(
        Effect.map(({ reply }) => "ended" in reply ? Option.fromNullOr(reply.ended) : Option.none()),
        Effect.map(Option.filter((ended) => ended.name === name)),
        Effect.mapError(withoutLaunch(host.name))
      )
  })
