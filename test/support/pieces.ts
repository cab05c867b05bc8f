/** For property tests: streams that are cut anywhere. */
import * as Arbitrary from "effect/Arbitrary"
import * as Schema from "effect/Schema"

/** Lengths of pieces: bytes one by one, some, and more than most streams have. */
const lengths = Arbitrary.array(Arbitrary.schema(Schema.Literals([1, 2, 3, 5, 8, 13, 40, 1000])))

/** Bytes, and the same in pieces. */
export interface Pieces {
  readonly whole: Buffer
  readonly pieces: ReadonlyArray<Buffer>
}

/** A stream, cut by these lengths over and over. */
const cut = (whole: Buffer, lengths: ReadonlyArray<number>): Pieces => {
  const pieces: Array<Buffer> = []
  for (let at = 0, turn = 0; at < whole.length; turn++) {
    const length = lengths[turn % lengths.length] ?? whole.length
    pieces.push(whole.subarray(at, at + length))
    at += length
  }
  return { whole, pieces }
}

/** Streams put together of parts, and cut anywhere. */
export const inPieces = (parts: Arbitrary.Arbitrary<ReadonlyArray<Buffer>>): Arbitrary.Arbitrary<Pieces> =>
  Arbitrary.map(Arbitrary.all([parts, lengths]), ([parts, lengths]) => cut(Buffer.concat(parts), lengths))
