import { loadPtyAddon } from "./addon.ts"
import { libc } from "./posixSpawn.ts"

/** The only argument of a sesh that checks whether it works on this system. */
export const CHECK_FLAG = "--check"

/** Loads what starts programs, which `--version` does not need. The addon may need a newer C library than Node. */
export const selfCheck = (): void => {
  try {
    if (libc() === undefined) loadPtyAddon()
    process.exit(0)
  } catch (error) {
    process.stderr.write(`sesh: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
