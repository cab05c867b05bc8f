/** Cuts what is to be sent into parts that fit into frames, without copying. */
import { MAX_PAYLOAD_BYTES, OFFSET_BYTES } from "../../schema/protocol/Frame.ts"

/** Longest piece: short, so that frames are filled well. */
const PIECE_BYTES = 256 * 1024

/** Bytes of all parts together. */
export const bytesOf = (parts: ReadonlyArray<Buffer>): number => parts.reduce((sum, part) => sum + part.length, 0)

/** Bytes that fit into a frame of output, or of a restore with its byte of flags. */
const MAX_BYTES = MAX_PAYLOAD_BYTES - OFFSET_BYTES - 1

/** Groups parts so that each group fits into one frame. A group has at most `maxBytes`. */
export const inFrames = (parts: ReadonlyArray<Buffer>, maxBytes = MAX_BYTES): Array<Array<Buffer>> => {
  const groups: Array<Array<Buffer>> = []
  let room = 0
  for (const part of parts.flatMap((part) => pieces(part, Math.min(maxBytes, PIECE_BYTES)))) {
    if (part.length > room) {
      groups.push([])
      room = maxBytes
    }
    groups[groups.length - 1]!.push(part)
    room -= part.length
  }
  return groups
}

const pieces = (part: Buffer, most: number): Array<Buffer> =>
  Array.from(
    { length: Math.ceil(part.length / most) },
    (_, index) => part.subarray(index * most, (index + 1) * most)
  )
