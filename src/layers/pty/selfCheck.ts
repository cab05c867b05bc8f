import { loadPtyAddon } from "./addon.ts"

/** The only argument of a sesh that checks whether it works on this system. */
export const CHECK_FLAG = "--check"

/** Loads the terminal addon, which `--version` does not need: it may need a newer C library than Node itself. */
export const selfCheck = (): void => {
  try {
    loadPtyAddon()
    process.exit(0)
  } catch (error) {
    process.stderr.write(`sesh: ${error instanceof Error ? error.message : String(error)}\n`)
    process.exit(1)
  }
}
