import * as NodeStream from "@effect/platform-node/NodeStream"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import type * as Stream from "effect/Stream"
import { createReadStream, fstatSync } from "node:fs"
import type { Readable } from "node:stream"
import { isatty } from "node:tty"
import { pathOf } from "../../schema/ByteString.ts"
import { Caller } from "../../services/Caller.ts"
import { Input, InputError } from "../../services/Input.ts"
import { codeOf, reasonOf } from "../system/systemError.ts"
import { plainInput } from "./plainStreams.ts"

const STDIN = 0

/** errno(3), in words for the user. */
const REASONS: Readonly<Record<string, string>> = {
  ENOENT: "there is no such file",
  ENOTDIR: "there is no such file",
  EISDIR: "it is a directory",
  EACCES: "you may not read it",
  EPERM: "you may not read it"
}

const explain = (cause: unknown): string => REASONS[codeOf(cause)] ?? reasonOf(cause)

/** Read piece by piece, on demand. A reader that stops closes the stream, even while it waits. */
const read = (file: string, open: () => Readable): Stream.Stream<Uint8Array, InputError> =>
  NodeStream.fromReadable({
    evaluate: open,
    onError: (cause) => new InputError({ file, reason: explain(cause), cause }),
    chunkSize: 1
  })

/** Node takes a directory as standard input for an empty file. */
const openStdin = (): Readable =>
  fstatSync(STDIN).isDirectory() ? createReadStream("", { fd: STDIN }) : plainInput(STDIN, () => process.stdin).stream

/** Files, and another stream instead of standard input. */
export const layerOn = (
  stdin: () => Readable,
  isTerminal: boolean
): Layer.Layer<Input, never, Caller> =>
  Layer.effect(
    Input,
    Effect.map(Caller, ({ resolve }) => ({
      isTerminal,
      bytes: read("standard input", stdin),
      file: (path: string) => read(path, () => createReadStream(pathOf(resolve(path))))
    }))
  )

/** Standard input of this process, and files. */
export const layer: Layer.Layer<Input, never, Caller> = Layer.suspend(() => layerOn(openStdin, isatty(STDIN)))
