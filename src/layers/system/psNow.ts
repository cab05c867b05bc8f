/** Asks ps(1), where there is no /proc. */
import { spawnSync } from "node:child_process"

/** Every system other than Linux has it there, whatever PATH is. */
export const PS = "/bin/ps"

/** Times in C's format; and text in UTF-8, which ps would write as escapes in C's locale. */
export const PS_ENV = { LC_CTYPE: "UTF-8" }

/** How long it may take, milliseconds: it takes a few. */
const PS_MS = 1000

/** Of its answer: thousands of processes. */
const MAX_BYTES = 1024 * 1024

/** Waits for its answer, one character a byte. Undefined: it did not run. It exits with 1 when it found nothing. */
export const psNow = (args: ReadonlyArray<string>, ps = PS): string | undefined => {
  const { error, stdout } = spawnSync(ps, args, {
    encoding: "latin1",
    env: PS_ENV,
    killSignal: "SIGKILL",
    maxBuffer: MAX_BYTES,
    stdio: ["ignore", "pipe", "ignore"],
    timeout: PS_MS
  })
  return error === undefined ? stdout : undefined
}
