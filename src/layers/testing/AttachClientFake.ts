import * as Context from "effect/Context"
import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import * as Queue from "effect/Queue"
import { DEFAULT_DETACH_KEY, parseDetachKey } from "../../schema/DetachKey.ts"
import type { ExitStatus, Size } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import {
  AttachClient,
  type AttachEnd,
  type AttachFailure,
  type AttachOptions,
  type AttachState,
  SessionGone
} from "../../services/AttachClient.ts"
import { Caller } from "../../services/Caller.ts"
import { HostError } from "../../services/HostError.ts"
import { NoSession } from "../../services/NoSession.ts"
import { Tty } from "../../services/Tty.ts"
import { ENTER, KeyScanner } from "../attach/keyScanner.ts"

/** Ends watching. While attached it is input. */
const CTRL_C = 0x03

/** A terminal that the session is on. */
interface Client {
  readonly show: (bytes: Buffer) => void
  readonly end: (end: AttachEnd) => void
  readonly tell: (state: AttachState) => void
  /** The connection is back: what was typed meanwhile is typed. */
  readonly settle: () => void
}

/** A session as a test plays it. */
export class FakeAttachedSession {
  readonly id: string
  /** Sizes that clients told, in order. */
  readonly sizes: Array<Size> = []
  private output: Buffer = Buffer.alloc(0)
  private readonly read: Array<Buffer> = []
  private lost = false
  private locked = false
  private over = false
  /** With as many bytes of the output as each has shown. */
  private readonly clients = new Map<Client, number>()

  constructor(id: string) {
    this.id = id
  }

  /** All it has read of what was typed. */
  get typed(): Buffer {
    return Buffer.concat(this.read)
  }

  get isOver(): boolean {
    return this.over
  }

  /** Its host wants a login. */
  get isLocked(): boolean {
    return this.locked
  }

  /** There is no connection to it. */
  get isLost(): boolean {
    return this.lost
  }

  print(text: string | Uint8Array): void {
    this.output = Buffer.concat([this.output, Buffer.from(text as string)])
    this.show()
  }

  /** Its program ends. */
  exit(status: ExitStatus): void {
    this.end({ _tag: "Exited", status })
  }

  /** Its process is gone, without a word. */
  vanish(): void {
    this.end({ _tag: "Lost", error: new SessionGone({}) })
  }

  /** Another client detaches all its clients. */
  detach(reason?: string): void {
    const end: AttachEnd = { _tag: "Detached", by: "other", ...(reason === undefined ? {} : { reason }) }
    for (const client of this.clients.keys()) client.end(end)
  }

  /** The connection to its host breaks. */
  lose(error?: AttachFailure): void {
    if (this.lost) return
    this.lost = true
    for (const client of this.clients.keys()) client.tell({ _tag: "Lost", ...(error === undefined ? {} : { error }) })
  }

  /** It breaks, and there is none before somebody logs in. */
  lock(): void {
    this.lose()
    this.locked = true
    const error = new HostError({ host: "web", problem: "web wants a login", kind: "locked" })
    for (const client of this.clients.keys()) client.tell({ _tag: "Locked", error })
  }

  /** A new connection is there. */
  resume(): void {
    if (!this.lost) return
    this.lost = false
    this.locked = false
    for (const client of this.clients.keys()) {
      client.tell({ _tag: "Resumed" })
      client.settle()
    }
    this.show()
  }

  /** The client's side. */
  type(bytes: Buffer): void {
    if (bytes.length > 0) this.read.push(bytes)
  }

  attach(client: Client): void {
    this.clients.set(client, 0)
    this.show()
  }

  leave(client: Client): void {
    this.clients.delete(client)
  }

  private show(): void {
    if (this.lost) return
    for (const [client, shown] of this.clients) {
      this.clients.set(client, this.output.length)
      if (shown < this.output.length) client.show(this.output.subarray(shown))
    }
  }

  private end(end: AttachEnd): void {
    this.over = true
    for (const client of this.clients.keys()) client.end(end)
  }
}

/** The sessions there are. */
export class AttachClientTestRef extends Context.Service<AttachClientTestRef, {
  /** The last one of each name, over or not. */
  readonly all: ReadonlyMap<SessionName, FakeAttachedSession>
  readonly start: (name: SessionName) => FakeAttachedSession
  /** How they were attached to, in order. */
  readonly attached: ReadonlyArray<AttachOptions>
}>()("sesh/layers/testing/AttachClientTestRef") {}

/** Sessions that a test plays, on the user's terminal, without a protocol between. */
export const layer: Layer.Layer<AttachClient | AttachClientTestRef, never, Tty | Caller> = Layer.effectContext(
  Effect.gen(function*() {
    const tty = yield* Tty
    const { env } = yield* Caller
    const all = new Map<SessionName, FakeAttachedSession>()
    const attached: Array<AttachOptions> = []
    let started = 0

    const attach = Effect.fn("AttachClient.attach")(function*(options: AttachOptions) {
      attached.push(options)
      const { name, onState = () => Effect.void, role } = options
      const isWatching = role === "watch"
      const key = yield* Effect.fromResult(parseDetachKey(env["SESH_DETACH_KEY"] ?? DEFAULT_DETACH_KEY))
      const session = all.get(name)
      if (session === undefined || session.isOver) return yield* new NoSession({ name, stale: false })
      yield* options.before ?? Effect.void

      const ended = yield* Deferred.make<AttachEnd>()
      const end = (reason: AttachEnd) => void Deferred.doneUnsafe(ended, Exit.succeed(reason))
      const scanner = tty.inputIsTerminal ? new KeyScanner(key === undefined ? [] : [key]) : undefined
      let kept: Array<Buffer> = []
      let inputEnded = false
      const settle = () => {
        if (session.isLost) return
        for (const bytes of kept) session.type(bytes)
        kept = []
        if (inputEnded) end({ _tag: "Detached", by: "end of input" })
      }
      const logins = yield* Queue.unbounded<void>()
      const terminal = yield* tty.open({
        onInput: (bytes) => {
          const isLocked = session.isLocked
          const scanned = scanner?.push(bytes, isLocked ? [ENTER] : []) ?? { bytes, key: undefined }
          if (scanned.key === ENTER) return void Queue.offerUnsafe(logins, undefined)
          if (isLocked && scanned.key === undefined) return
          const typed = scanner === undefined ? bytes : Buffer.concat([scanned.bytes, scanner.flush()])
          if (!isWatching) kept.push(typed)
          settle()
          if (scanned.key !== undefined || (isWatching && scanner !== undefined && typed.includes(CTRL_C))) {
            end({ _tag: "Detached", by: "key" })
          }
        },
        onEnd: () => {
          if (isWatching) return
          inputEnded = true
          settle()
        },
        onDrain: () => {},
        onResize: (size) => {
          if (!isWatching) session.sizes.push(size)
        },
        onSignal: (signal) => end({ _tag: "Signal", signal })
      })
      const states = yield* Queue.unbounded<AttachState>()
      const client: Client = {
        show: (bytes) => void terminal.write(bytes),
        end,
        tell: (state) => void Queue.offerUnsafe(states, state),
        settle
      }
      yield* onState({ _tag: "Attached" })
      yield* Effect.forkScoped(Effect.forever(Effect.flatMap(Queue.take(states), onState)))
      const login = Effect.andThen(Queue.take(logins), terminal.lend(Effect.sync(() => session.resume())))
      yield* Effect.forkScoped(Effect.forever(login))
      yield* Effect.acquireRelease(
        Effect.sync(() => session.attach(client)),
        () => Effect.sync(() => session.leave(client))
      )
      const result = yield* Deferred.await(ended)
      yield* terminal.flush
      return result
    }, Effect.scoped)

    return Context.make(AttachClient, { attach }).pipe(Context.add(AttachClientTestRef, {
      all,
      attached,
      start: (name) => {
        const session = new FakeAttachedSession(`session ${++started}`)
        all.set(name, session)
        return session
      }
    }))
  })
)
