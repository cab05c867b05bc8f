/** The connections of one attachment, one after the other. Each `hello` has the client's id and where to resume. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Result from "effect/Result"
import type { ShownIn, Welcome } from "../../schema/protocol/Control.ts"
import { hasSameCells, isSameSize, type Size } from "../../schema/Session.ts"
import type { AttachOptions } from "../../services/AttachClient.ts"
import type { Caller } from "../../services/Caller.ts"
import type { Connection } from "../../services/Connection.ts"
import { LoopError } from "../../services/LoopError.ts"
import { ProtocolViolated } from "../../services/ProtocolViolated.ts"
import type { SessionClient } from "../../services/SessionClient.ts"
import { SessionReplaced } from "../../services/SessionReplaced.ts"
import type { Tty } from "../../services/Tty.ts"
import { tellAgent } from "../connection/agent.ts"
import { closable } from "../connection/closable.ts"
import { hello } from "../connection/handshake.ts"
import type { Attachment } from "./attachment.ts"
import { HOST_WELCOME_MS, openConnection, type OpenedConnection, welcomeMs } from "./openConnection.ts"

export interface AttachedConnection extends OpenedConnection {
  readonly close: Effect.Effect<void>
}

export interface ConnectionsParts {
  readonly client: SessionClient["Service"]
  readonly caller: Caller["Service"]
  readonly tty: Tty["Service"]
  readonly attachment: Attachment
  readonly options: AttachOptions
  /** The sessions in which we are shown, now. */
  readonly shownIn: () => ShownIn
  /** The client's id, the same for all connections. */
  readonly id: string
}

export const makeConnections = ({ attachment, caller, client, id, options, shownIn, tty }: ConnectionsParts) => {
  const { created, name, role, within } = options
  let session: string | undefined
  /** How the latest connection was welcomed, and whether its hello had an agent. */
  let current: { readonly connection: Connection; readonly welcome: Welcome } | undefined
  let hasAgent = false
  let sentSize: Size | undefined
  let sentShownIn: ShownIn = []
  let resume = created === undefined ? undefined : { session: created, output: 0, input: 0 }

  const makeHello = (): Buffer => {
    // That of a connection is gone with it.
    const agent = session === undefined ? caller.agentSocket() : undefined
    hasAgent = agent !== undefined
    // Before the size, which has no pixels before. A creator's session has taken them from the terminal itself.
    if (role === "attach" && created === undefined) tty.modes()
    sentSize = tty.size()
    sentShownIn = shownIn()
    if (session !== undefined) resume = attachment.resumePoint()
    return hello(caller.version, role, {
      client: id,
      ...(sentSize === undefined ? {} : { size: sentSize }),
      ...(resume === undefined ? {} : { resume }),
      ...(agent === undefined ? {} : { agent }),
      ...(role === "attach" ? { answers: tty.inputIsTerminal && tty.outputIsTerminal } : {}),
      ...(role === "attach" && !tty.outputIsTerminal ? { raw: true } : {}),
      ...(within === undefined ? {} : { within }),
      ...(sentShownIn.length === 0 ? {} : { shownIn: sentShownIn })
    })
  }

  const onWelcome = (connection: Connection, welcome: Welcome): Result.Result<void, LoopError | SessionReplaced> => {
    if (session !== undefined && session !== welcome.info.id) return Result.fail(new SessionReplaced())
    // An older session does not look for itself.
    if (sentShownIn.includes(welcome.info.id)) return Result.fail(new LoopError({ name }))
    session = welcome.info.id
    current = { connection, welcome }
    // Of our cells the session has kept the pixels that it knew.
    if (sentSize !== undefined && hasSameCells(sentSize, welcome.info.size)) sentSize = welcome.info.size
    const isJoined = attachment.join(connection, welcome, resume?.output ?? welcome.output)
    // To send the input again could type it twice.
    if (!isJoined) attachment.end({ _tag: "Lost", error: new ProtocolViolated({ what: "input unknown" }) })
    if (shownIn() !== sentShownIn) attachment.tellShownIn(shownIn())
    return Result.void
  }

  /** Sends the terminal's size if it has changed without an event, or without a connection; and that in pixels. */
  const settleSize = Effect.sync(() => {
    const size = tty.size()
    if (size === undefined || (sentSize !== undefined && isSameSize(size, sentSize))) return
    if (sentSize !== undefined && hasSameCells(size, sentSize)) attachment.tellSize(size)
    else attachment.onResize(size)
  })

  const open = openConnection(client, {
    name,
    version: caller.version,
    hello: makeHello,
    onWelcome,
    onFrame: (type, payload) => attachment.onFrame(type, payload)
  })

  /** Nobody waits for it: the host may answer late, or never. */
  const tellNewAgent = ({ welcomed }: OpenedConnection) =>
    welcomed(HOST_WELCOME_MS).pipe(
      Effect.flatMap(() =>
        hasAgent || current === undefined
          ? Effect.void
          : tellAgent(client, current.welcome, current.connection.send)
      ),
      Effect.ignore
    )

  /** Opens a connection that ends with `close`, or with the attachment's scope. */
  const openScoped = closable(
    role === "attach" ? Effect.tap(open, (opened) => Effect.forkScoped(tellNewAgent(opened))) : open
  )

  /** Opens the next connection, and waits for its welcome. */
  const openAgain = Effect.uninterruptibleMask((restore) =>
    Effect.gen(function*() {
      const opened = yield* restore(openScoped)
      yield* Effect.onExit(
        restore(Effect.andThen(opened.welcomed(welcomeMs(client.host)), settleSize)),
        (exit) => Exit.isSuccess(exit) ? Effect.void : opened.close
      )
      return opened
    })
  )

  return { openApart: openScoped, openAgain, settleSize, session: () => session }
}
