import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { writeSync } from "node:fs"
import { isatty } from "node:tty"
import { Output } from "../services/Output.ts"

const STDOUT = 1
const STDERR = 2

/** Everything below a space but tab and line feed, DEL, and C1. */
const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f]/g

/** How long to wait for the reader of a pipe that another process has made non-blocking. */
const RETRY_MS = 5

/** Written whole, before returning. A reader that went away is no error of ours. */
const write = (fd: number, text: string) =>
  Effect.sync(() => {
    const bytes = Buffer.from(`${text.replace(CONTROL, "�")}\n`)
    for (let at = 0; at < bytes.length;) {
      try {
        at += writeSync(fd, bytes, at)
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code !== "EAGAIN") return
        Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, RETRY_MS)
      }
    }
  })

/** Standard output and standard error, written synchronously: sesh says little, and then ends. */
export const layer: Layer.Layer<Output> = Layer.sync(Output, () => ({
  isTerminal: isatty(STDOUT),
  print: (text) => write(STDOUT, text),
  note: (text) => write(STDERR, text)
}))
