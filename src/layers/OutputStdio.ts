import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { writeSync } from "node:fs"
import { isatty } from "node:tty"
import { getSystemErrorMap } from "node:util"
import { Output, OutputError } from "../services/Output.ts"

const STDOUT = 1
const STDERR = 2

/** Everything below a space but tab and line feed, DEL, and C1. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** How long to wait for the reader of a pipe that another process has made non-blocking. */
const RETRY_MS = 5

/** Written whole, before returning; what went wrong if it was not. */
const writeWhole = (fd: number, bytes: Uint8Array): NodeJS.ErrnoException | undefined => {
  for (let at = 0; at < bytes.length;) {
    try {
      at += writeSync(fd, bytes, at)
    } catch (cause) {
      const error = cause as NodeJS.ErrnoException
      if (error.code !== "EAGAIN") return error
      Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
    }
  }
  return undefined
}

const say = (fd: number, text: string) =>
  Effect.sync(() => void writeWhole(fd, Buffer.from(`${text.replace(CONTROL, "�")}\n`)))

const write = (fd: number, parts: ReadonlyArray<Uint8Array>) =>
  Effect.suspend(() => {
    for (const bytes of parts) {
      const error = writeWhole(fd, bytes)
      if (error === undefined) continue
      // The reader of a pipe has what it wanted.
      if (error.code === "EPIPE") return Effect.void
      return Effect.fail(new OutputError({ reason: getSystemErrorMap().get(error.errno ?? 0)?.[1] ?? error.message }))
    }
    return Effect.void
  })

/** Written to these descriptors synchronously: sesh says little, and then ends. */
export const layerOn = (out: number, err: number): Layer.Layer<Output> =>
  Layer.sync(Output, () => ({
    isTerminal: isatty(out),
    print: (text) => say(out, text),
    write: (parts) => write(out, parts),
    note: (text) => say(err, text)
  }))

/** Standard output and standard error. */
export const layer: Layer.Layer<Output> = layerOn(STDOUT, STDERR)
