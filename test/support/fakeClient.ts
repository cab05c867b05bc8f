import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hello } from "../../src/layers/connection/handshake.ts"
import { newId } from "../../src/schema/Id.ts"
import { Control, type Hello, type Role, type Welcome } from "../../src/schema/protocol/Control.ts"
import {
  decodeOffset,
  encodeOffset,
  FrameType,
  LINES_LAST,
  OFFSET_BYTES,
  RESTORE_LAST
} from "../../src/schema/protocol/Frame.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import type { Connection } from "../../src/services/Connection.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"

/** Looks at every turn of the event loop until it sees something; the clock may be a test's. */
export const eventually = <A>(what: string, look: () => A | undefined | false): Effect.Effect<A> =>
  Effect.promise(async () => {
    for (let turn = 0; turn < 20_000; turn++) {
      const found = look()
      if (found !== undefined && found !== false) return found
      await new Promise((resolve) => setImmediate(resolve))
    }
    throw new Error(`never happened: ${what}`)
  })

/** Lets everything under way arrive. */
export const settle: Effect.Effect<void> = Effect.promise(async () => {
  for (let turn = 0; turn < 50; turn++) await new Promise((resolve) => setImmediate(resolve))
})

/** A client by hand: what it was sent, frame by frame. */
export class FakeClient {
  readonly frames: Array<readonly [type: number, payload: Buffer]> = []
  closed: { readonly reason: string | undefined } | undefined
  private sent = 0
  readonly connection: Connection

  constructor(connection: Connection) {
    this.connection = connection
    connection.listen({
      onFrame: (type, payload) => void this.frames.push([type, payload]),
      onDrain: () => {},
      onClose: (end) => {
        this.closed = { reason: end._tag === "Closed" ? undefined : end.error.message }
      }
    })
  }

  of(type: number): ReadonlyArray<Buffer> {
    return this.frames.filter(([other]) => other === type).map(([, payload]) => payload)
  }

  get welcome(): Welcome | undefined {
    const payload = this.of(FrameType.welcome)[0]
    return payload && Option.getOrUndefined(Control.welcome.decode(payload))
  }

  /** All live output, put together; throws when an offset does not follow. */
  get output(): string {
    let next: number | undefined
    const bytes = this.of(FrameType.output).map((payload) => {
      const offset = decodeOffset(payload)!
      if (next !== undefined && offset !== next) throw new Error(`output at ${offset}, expected ${next}`)
      next = offset + payload.length - OFFSET_BYTES
      return payload.subarray(OFFSET_BYTES)
    })
    return Buffer.concat(bytes).toString()
  }

  /** What was restored, put together; undefined before the last frame of a restore. */
  get restored(): string | undefined {
    const parts = this.of(FrameType.restore)
    if (!parts.some((payload) => (payload[OFFSET_BYTES]! & RESTORE_LAST) !== 0)) return undefined
    return Buffer.concat(parts.map((payload) => payload.subarray(OFFSET_BYTES + 1))).toString()
  }

  /** The offset of the first live output. */
  get outputStart(): number | undefined {
    const payload = this.of(FrameType.output)[0]
    return payload && decodeOffset(payload)
  }

  /** A whole history; undefined before its last frame. */
  get history(): string | undefined {
    const pieces = this.of(FrameType.lines)
    if (!pieces.some((payload) => (payload[0]! & LINES_LAST) !== 0)) return undefined
    return Buffer.concat(pieces.map((payload) => payload.subarray(1))).toString()
  }

  get exit() {
    const payload = this.of(FrameType.exit)[0]
    return payload && Option.getOrUndefined(Control.exit.decode(payload))
  }

  get error() {
    const payload = this.of(FrameType.error)[0]
    return payload && Option.getOrUndefined(Control.error.decode(payload))
  }

  get acked(): number | undefined {
    const payload = this.of(FrameType.ack).at(-1)
    return payload && decodeOffset(payload)
  }

  type(text: string | Buffer, offset = this.sent): void {
    const bytes = Buffer.from(text as string)
    this.sent = offset + bytes.length
    this.connection.send(FrameType.input, encodeOffset(offset), bytes)
  }
}

/** Connects and says hello. */
export const join = Effect.fnUntraced(function*(name: SessionName, role: Role, more?: Partial<Hello>) {
  const client = new FakeClient(yield* (yield* SessionClient).connect(name))
  client.connection.send(FrameType.hello, hello("0.0.0", role, { client: yield* newId, ...more }))
  return client
})

/** As `join`, and waits for the welcome. */
export const joined = Effect.fnUntraced(function*(name: SessionName, role: Role, more?: Partial<Hello>) {
  const client = yield* join(name, role, more)
  yield* eventually("a welcome", () => client.welcome !== undefined)
  return client
})
