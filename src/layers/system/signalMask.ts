/** Which signals this process takes. */
import { constants } from "node:os"
import { functionsOf } from "./libc.ts"

/** For sigprocmask(2), as Linux has it. */
const SIG_UNBLOCK = 1

/** sigset_t. */
const SIGSET_BYTES = 128

/**
 * Lets a signal through to its listener. Our Node keeps SIGUSR1 blocked, as it would start a debugger: the option for
 * that is in scripts/build.mjs. Linux only: elsewhere the executable blocks it for good.
 */
export const unblock = (signal: NodeJS.Signals): void => {
  const set = Buffer.alloc(SIGSET_BYTES)
  set.writeBigUInt64LE(1n << BigInt(constants.signals[signal] - 1))
  functionsOf({ sigprocmask: { return: "i32", arguments: ["i32", "pointer", "pointer"] } })
    ?.sigprocmask(SIG_UNBLOCK, set, null)
}
