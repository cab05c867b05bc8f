/** Cuts what is to be sent into frames' worths, without copying. */
import { MAX_PAYLOAD, OFFSET_BYTES } from "../../schema/protocol/Frame.ts"

/** No piece is longer, so that groups can be filled well. */
const PIECE_BYTES = 256 * 1024

/** Their bytes. */
export const bytesOf = (parts: ReadonlyArray<Buffer>): number => parts.reduce((sum, part) => sum + part.length, 0)

/** What fits into a frame of output or of a restore. */
const MOST_BYTES = MAX_PAYLOAD - OFFSET_BYTES - 1

/** Divides parts so that each group fits into a frame, and has so many bytes at the most. */
export const inFrames = (parts: ReadonlyArray<Buffer>, most = MOST_BYTES): Array<Array<Buffer>> => {
  const groups: Array<Array<Buffer>> = []
  let room = 0
  for (const part of parts.flatMap((part) => pieces(part, Math.min(most, PIECE_BYTES)))) {
    if (part.length > room) {
      groups.push([])
      room = most
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
