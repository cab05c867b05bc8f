import { loadPtyAddon } from "./addon.ts"

/** The first and only argument of a sesh that looks whether it works on this system. */
export const CHECK_FLAG = "--check"

/** Loads what a session needs and `--version` does not: the terminal addon may want a newer C library than Node itself. */
export const selfCheck = (): void => {
  try {
    loadPtyAddon()
    process.exit(0)
  } catch (error) {
    process.stderr.write(`sesh: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
