/** A terminal that reads what it gets as fast as it comes, and forgets it. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import type { Size } from "../../src/schema/Session.ts"
import { Pty } from "../../src/services/Pty.ts"

/** Who shows nothing for so long never will. */
const PATIENCE_MS = 60_000

/** Output has ended: nothing came for so long. */
const QUIET_MS = 60

/** Times are those of `performance.now()`. */
export interface Screen {
  /** Of the program on it. */
  readonly pid: number
  readonly begun: number
  readonly type: (text: string) => void
  /** Passes on all that comes, as it comes. */
  readonly listen: (onBytes: (bytes: Buffer) => void) => void
  /** Waits for a text, in what has come since the last that was waited for: the time at which it was there. */
  readonly shows: (text: string) => Effect.Effect<number>
  /**
   * Waits for a text and for what may follow it: the times of the first and of the last byte, and how many there are.
   */
  readonly settles: (text: string) => Effect.Effect<{
    readonly first: number
    readonly last: number
    readonly bytes: number
  }>
}

/** Texts that are looked for must not be longer. */
const KEPT_BYTES = 64

/** Runs a command on a terminal of its own, which closes with the scope. */
export const open = Effect.fnUntraced(function*(spec: {
  readonly command: ReadonlyArray<string>
  readonly env: Readonly<Record<string, string>>
  readonly cwd: string
  readonly size: Size
}): Effect.fn.Return<Screen, never, Pty | Scope.Scope> {
  const { spawn } = yield* Pty
  const [file, ...args] = spec.command
  const begun = performance.now()
  const program = yield* Effect.orDie(spawn({ file: file!, args, env: spec.env, cwd: spec.cwd, size: spec.size }))
  let first: number | undefined
  let last = Number.NaN
  let received = 0
  let tail: Buffer = Buffer.alloc(0)
  let ended = false
  let onBytes = (_bytes: Buffer): void => {}
  let wanted: { readonly text: Buffer; readonly found: (at: number | undefined) => void } | undefined

  const look = (bytes: Buffer) => {
    if (wanted === undefined || !bytes.includes(wanted.text)) return
    const { found } = wanted
    wanted = undefined
    found(performance.now())
  }
  program.listen({
    onData: (bytes) => {
      last = performance.now()
      first ??= last
      received += bytes.length
      onBytes(bytes)
      look(bytes)
      // Most chunks are long, and copying them would be a part of what is measured.
      if (wanted !== undefined) look(Buffer.concat([tail, bytes.subarray(0, KEPT_BYTES)]))
      tail = bytes.length < KEPT_BYTES
        ? Buffer.concat([tail, bytes]).subarray(-KEPT_BYTES)
        : Buffer.from(bytes.subarray(-KEPT_BYTES))
    },
    onDrain: () => {},
    onExit: () => {
      ended = true
      wanted?.found(undefined)
    }
  })

  const shows = (text: string) =>
    Effect.callback<number>((resume) => {
      const failed = (why: string) =>
        Effect.die(new Error(`${spec.command.join(" ")}: ${why} it showed ${text}, but ${tail.toString()}`))
      const timer = setTimeout(() => resume(failed("time went by before")), PATIENCE_MS)
      const found = (at: number | undefined) => {
        clearTimeout(timer)
        resume(at === undefined ? failed("ended before") : Effect.succeed(at))
      }
      wanted = { text: Buffer.from(text), found }
      look(tail)
      if (ended) wanted?.found(undefined)
      return Effect.sync(() => clearTimeout(timer))
    })

  const settles = Effect.fnUntraced(function*(text: string) {
    yield* shows(text)
    while (performance.now() - last < QUIET_MS) yield* Effect.sleep(QUIET_MS)
    return { first: first!, last, bytes: received }
  })

  return {
    pid: program.pid,
    begun,
    type: (text) => void program.write(Buffer.from(text)),
    listen: (listener) => void (onBytes = listener),
    shows,
    settles
  }
})
