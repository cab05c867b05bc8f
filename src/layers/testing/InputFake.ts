import * as Layer from "effect/Layer"
import * as Stream from "effect/Stream"
import { Input, InputError } from "../../services/Input.ts"

/** A file as a test has written it, or why it cannot be read. */
export type FakeFile = string | Uint8Array | { readonly problem: string }

export interface InputFakeOptions {
  /** What standard input brings, piece by piece, as it is asked for; undefined: a terminal without input. */
  readonly bytes?: Iterable<string | Uint8Array>
  readonly files?: Readonly<Record<string, FakeFile>>
}

const piece = (bytes: string | Uint8Array): Uint8Array => Buffer.from(bytes as string)

/** Input that a test has written. */
export const layer = ({ bytes, files = {} }: InputFakeOptions = {}): Layer.Layer<Input> =>
  Layer.succeed(Input, {
    isTerminal: bytes === undefined,
    bytes: Stream.map(Stream.fromIterable(bytes ?? [], { chunkSize: 1 }), piece),
    file: (path) => {
      const file = files[path] ?? { problem: "there is no such file" }
      return typeof file === "string" || file instanceof Uint8Array
        ? Stream.make(piece(file))
        : Stream.fail(new InputError({ file: path, reason: file.problem, cause: new Error(file.problem) }))
    }
  })
