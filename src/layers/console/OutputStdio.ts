import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { isatty } from "node:tty"
import { withoutControls } from "../../schema/Text.ts"
import { Output, OutputError } from "../../services/Output.ts"
import { reasonOf } from "../system/systemError.ts"
import { writeWhole } from "../system/writeWhole.ts"
import { type StatusLine, statusLine } from "./statusLine.ts"

const STDOUT = 1
const STDERR = 2

/** For an output without a status line. */
const noLine: Pick<StatusLine, "above"> = { above: (write) => write() }

/**
 * Writes to these descriptors synchronously, because sesh writes little and then ends. Output goes above the status
 * line.
 */
export const layerOn = (out: number, err: number, line = noLine): Layer.Layer<Output> => {
  const lineOf = (text: string): Buffer => Buffer.from(`${withoutControls(text, "\t\n", "�")}\n`)

  const write = (fd: number, bytes: Uint8Array) => {
    let error: NodeJS.ErrnoException | undefined
    line.above(() => {
      error = writeWhole(fd, bytes)
    })
    return error
  }

  const writeAll = (fd: number, parts: ReadonlyArray<Uint8Array>) =>
    Effect.suspend(() => {
      for (const bytes of parts) {
        const error = write(fd, bytes)
        if (error === undefined) continue
        // The reader of a pipe has what it wanted.
        if (error.code === "EPIPE") return Effect.void
        return Effect.fail(new OutputError({ reason: reasonOf(error), cause: error }))
      }
      return Effect.void
    })

  return Layer.sync(Output, () => ({
    isTerminal: isatty(out),
    print: (text) => writeAll(out, [lineOf(text)]),
    write: (parts) => writeAll(out, parts),
    note: (text) => Effect.sync(() => void write(err, lineOf(text)))
  }))
}

/** Standard output and standard error. */
export const layer: Layer.Layer<Output> = layerOn(STDOUT, STDERR, statusLine)
