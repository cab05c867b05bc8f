/** Cuts what is to be sent into frames' worths, without copying. */
import { MAX_PAYLOAD, OFFSET_BYTES } from "../../../schema/Frame.ts"

/** No piece is longer, so that groups can be filled well. */
const PIECE_BYTES = 256 * 1024

/** Their bytes. */
export const bytesOf = (parts: ReadonlyArray<Buffer>): number => parts.reduce((sum, part) => sum + part.length, 0)

/** Divides parts so that each group fits into a frame. */
export const grouped = (parts: ReadonlyArray<Buffer>): Array<Array<Buffer>> => {
  const groups: Array<Array<Buffer>> = []
  let room = 0
  for (const part of parts.flatMap(pieces)) {
    if (part.length > room) {
      groups.push([])
      room = MAX_PAYLOAD - OFFSET_BYTES - 1
    }
    groups[groups.length - 1]!.push(part)
    room -= part.length
  }
  return groups
}

const pieces = (part: Buffer): Array<Buffer> =>
  Array.from(
    { length: Math.ceil(part.length / PIECE_BYTES) },
    (_, index) => part.subarray(index * PIECE_BYTES, (index + 1) * PIECE_BYTES)
  )
