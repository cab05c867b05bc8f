import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scrollback, type ScrollbackModel } from "../services/Scrollback.ts"
import { ByteRing } from "./internal/byteRing.ts"
import { isOnce, isQuery } from "./internal/queries.ts"
import { VtScanner } from "./internal/vtScanner.ts"

/** Kept for resuming a connection and for restoring: what a fast link carries in a few seconds of a flood. */
export const RING_BYTES = 4 * 1024 * 1024

/** Replayed to a client that attaches: a few screens of the densest output. */
const RESTORE_BYTES = 128 * 1024

/** How far to look for a line's end to begin a replay at. */
const BOUNDARY_BYTES = 8 * 1024

/** Plain pen, ASCII charset, wrapping, visible cursor: what a terminal shows text with after power-on. */
const PLAIN = Buffer.from("\x1b[0m\x1b(B\x0f\x1b[?7h\x1b[?25h")

/** The bytes without queries, repeated side effects, and a sequence that has only begun. */
const replayable = (bytes: Buffer): Buffer => {
  const kept: Array<Buffer> = []
  const scanner = new VtScanner({
    text: (text) => void kept.push(withoutBells(text)),
    sequence: (sequence) => {
      if (!isQuery(sequence) && !isOnce(sequence)) kept.push(sequence)
    }
  })
  scanner.push(bytes)
  // What was begun goes on with the live bytes that follow.
  return Buffer.concat([...kept, scanner.pending])
}

/** BEL would ring again, ENQ would be answered. */
const withoutBells = (text: Buffer): Buffer =>
  text.includes(0x07) || text.includes(0x05) ? Buffer.from(text.filter((byte) => byte !== 0x07 && byte !== 0x05)) : text

/** From the first line's beginning, so that neither a sequence nor a character is cut. */
const fromBoundary = (bytes: Buffer, whole: boolean): Buffer => {
  if (whole) return bytes
  const newline = bytes.subarray(0, BOUNDARY_BYTES).indexOf(0x0a)
  return newline === -1 ? bytes : bytes.subarray(newline + 1)
}

const plainText = (bytes: Buffer): string => {
  const kept: Array<Buffer> = []
  new VtScanner({ text: (text) => void kept.push(text), sequence: () => {} }).push(bytes)
  return Buffer.concat(kept).toString("utf8")
}

const make = (capacity: number): ScrollbackModel => {
  const ring = new ByteRing(capacity)
  const tail = (most: number) => fromBoundary(ring.tail(most), ring.offset <= most)
  return {
    offset: () => ring.offset,
    append: (bytes) => ring.append(bytes),
    resize: () => {},
    restore: () => {
      const replay = replayable(tail(RESTORE_BYTES))
      return replay.length === 0 ? [] : [Buffer.from("\r\n"), PLAIN, replay]
    },
    since: (offset) => ring.since(offset),
    lines: () => plainText(tail(capacity)).replaceAll("\r\n", "\n").split("\n"),
    leave: () => PLAIN
  }
}

/** Raw bytes: the last of them are replayed as they were. Cheap, and right for line-oriented programs. */
export const layer = (capacity: number = RING_BYTES): Layer.Layer<Scrollback> =>
  Layer.succeed(Scrollback, { make: () => Effect.sync(() => make(capacity)) })
