import * as Clock from "effect/Clock"
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import type { EndSignal } from "../../schema/protocol/Control.ts"
import { type ExitStatus, REMEMBERED_MS } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { SIGNAL_NUMBERS } from "../../schema/Signal.ts"
import { NoSession } from "../../services/NoSession.ts"
import {
  type ControlError,
  SessionControl,
  SessionLost,
  type SignalOptions,
  type Waited,
  type WaitOptions
} from "../../services/SessionControl.ts"
import { rawHistory } from "../scrollback/rawHistory.ts"

/** What a program that reads nothing lets through, roughly: its terminal's buffer and the window. */
const CAPACITY = 64 * 1024

/** As long as the real one waits for the end of what is typed into a session that has ended. */
const STREAM_END_MS = 1000

/** A session as a test plays it. */
export class FakeLiveSession {
  readonly id: string
  /** What was sent to what runs. */
  readonly signals: Array<EndSignal | "SIGKILL"> = []
  /** Signals other than SIGKILL do not end it. */
  deaf = false
  private output: Buffer = Buffer.alloc(0)
  private readonly read: Array<Uint8Array> = []
  private unread = 0
  private stalled = false
  private commandEnd: { readonly status: ExitStatus; readonly output: Buffer } | undefined
  private end: ExitStatus | "vanished" | undefined
  private endedAt: number | undefined
  private readonly keep: boolean
  private readonly now: () => number
  private readonly changed = new Set<() => void>()

  constructor(id: string, keep: boolean, now: () => number) {
    this.id = id
    this.keep = keep
    this.now = now
  }

  /** All it has shown. */
  get shown(): Buffer {
    return this.output
  }

  /** All it has read of what was typed. */
  get typed(): Buffer {
    return Buffer.concat(this.read)
  }

  /** How the session ended. */
  get status(): ExitStatus | undefined {
    return this.end === "vanished" ? undefined : this.end
  }

  /** How its command ended, and what that had shown. */
  get command(): { readonly status: ExitStatus; readonly output: Buffer } | undefined {
    return this.commandEnd
  }

  get isOver(): boolean {
    return this.end !== undefined
  }

  /** It has ended without a word, or too long ago: nothing is known of it. */
  get isForgotten(): boolean {
    return this.isOver && (this.end === "vanished" || this.now() - (this.endedAt ?? 0) >= REMEMBERED_MS)
  }

  get isFull(): boolean {
    return this.unread >= CAPACITY
  }

  print(text: string | Uint8Array): void {
    this.output = Buffer.concat([this.output, Buffer.from(text as string)])
  }

  /** The command ends, or the shell that follows it. */
  exit(status: ExitStatus): void {
    if (this.commandEnd === undefined) {
      this.commandEnd = { status, output: this.output }
      if (!this.keep) this.end = status
    } else this.end ??= status
    if (this.isOver) this.endedAt ??= this.now()
    this.tell()
  }

  /** Its process is gone, without a word. */
  vanish(): void {
    this.end = "vanished"
    this.tell()
  }

  /** True: it reads nothing, until false. */
  stall(stalled: boolean): void {
    this.stalled = stalled
    if (!stalled) this.unread = 0
    this.tell()
  }

  type(bytes: Uint8Array): void {
    this.read.push(bytes)
    if (this.stalled) this.unread += bytes.length
  }

  kill(name: EndSignal | "SIGKILL"): void {
    this.signals.push(name)
    if (!this.deaf || name === "SIGKILL") this.exit({ code: 0, signal: SIGNAL_NUMBERS[name] })
  }

  /** Waits until something is so. */
  until(isSo: () => boolean): Effect.Effect<void> {
    return Effect.callback((resume) => {
      const look = () => {
        if (!isSo()) return
        this.changed.delete(look)
        resume(Effect.void)
      }
      this.changed.add(look)
      look()
      return Effect.sync(() => this.changed.delete(look))
    })
  }

  private tell(): void {
    for (const look of this.changed) look()
  }
}

/** The sessions there are. */
export class SessionControlTestRef extends Context.Service<SessionControlTestRef, {
  /** The last one of each name, over or not. */
  readonly all: ReadonlyMap<SessionName, FakeLiveSession>
  readonly start: (name: SessionName, options?: { readonly keep?: boolean }) => FakeLiveSession
}>()("sesh/layers/testing/SessionControlTestRef") {}

const lastOf = (bytes: Buffer, most: number): Buffer => bytes.subarray(Math.max(0, bytes.length - most))

/** Sessions that a test plays, without a protocol between. */
export const layer: Layer.Layer<SessionControl | SessionControlTestRef> = Layer.effectContext(Effect.gen(function*() {
  const clock = yield* Clock.Clock
  const all = new Map<SessionName, FakeLiveSession>()
  let started = 0
  const sessions = SessionControlTestRef.of({
    all,
    start: (name, { keep = false } = {}) => {
      const session = new FakeLiveSession(`session ${++started}`, keep, () => clock.currentTimeMillisUnsafe())
      all.set(name, session)
      return session
    }
  })

  const alive = (name: SessionName, created?: string) =>
    Effect.suspend((): Effect.Effect<FakeLiveSession, NoSession> => {
      const session = all.get(name)
      return session === undefined || session.isOver || (created !== undefined && session.id !== created)
        ? Effect.fail(new NoSession({ name, stale: false }))
        : Effect.succeed(session)
    })

  const lost = (name: SessionName) => new SessionLost({ name, why: "gone" })

  const wait = Effect.fnUntraced(function*({ capture = 0, created, name }: WaitOptions) {
    const session = all.get(name)
    if (session === undefined || session.isForgotten) {
      return yield* created === undefined ? new NoSession({ name, stale: false }) : lost(name)
    }
    if (created === undefined) {
      yield* session.until(() => session.isOver)
      return session.status === undefined
        ? yield* lost(name)
        : { status: session.status, output: [], before: 0 } satisfies Waited
    }
    if (session.id !== created) return yield* lost(name)
    yield* session.until(() => session.isOver || session.command !== undefined)
    const { command } = session
    if (command === undefined) return yield* lost(name)
    const output = lastOf(command.output, capture)
    return { status: command.status, output: [output], before: command.output.length - output.length }
  })

  const signal = Effect.fnUntraced(function*({ created, graceMs, name, signal }: SignalOptions) {
    const session = yield* alive(name, created)
    if (session.command !== undefined) return
    session.kill(signal)
    const late = Effect.sync(() => {
      if (session.command === undefined && !session.isOver) session.kill("SIGKILL")
    })
    yield* Effect.forkDetach(Effect.andThen(Effect.sleep(graceMs), late))
  })

  const send = <E>(name: SessionName, bytes: Stream.Stream<Uint8Array, E>): Effect.Effect<void, ControlError | E> =>
    Effect.gen(function*() {
      const session = yield* alive(name)
      const room = Effect.andThen(
        session.until(() => session.isOver || !session.isFull),
        Effect.suspend(() => session.isOver ? Effect.fail(new SessionLost({ name, why: "ended" })) : Effect.void)
      )
      const piece = (bytes: Uint8Array) => Effect.andThen(room, Effect.sync(() => session.type(bytes)))
      const rest = Effect.suspend(() => session.isFull ? room : Effect.void)
      const patience = Effect.suspend(() => session.isFull ? Effect.void : Effect.sleep(STREAM_END_MS))
      yield* Effect.andThen(Stream.runForEach(bytes, piece), rest).pipe(
        Effect.raceFirst(session.until(() => session.isOver).pipe(Effect.andThen(patience), Effect.andThen(room)))
      )
    })

  return Context.make(SessionControlTestRef, sessions).pipe(Context.add(
    SessionControl,
    SessionControl.of({
      wait,
      signal,
      history: (name, options) => Effect.map(alive(name), ({ shown }) => rawHistory(shown, options)),
      send
    })
  ))
}))
