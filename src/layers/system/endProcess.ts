import { closeSync } from "node:fs"
import { isatty } from "node:tty"
import { quietly } from "./quietly.ts"

const STDIO = [0, 1, 2]

/**
 * Ends this process. Closes standard descriptors that are no terminals first: Node sets the flags of those that are
 * open back to what they were when it began, and other processes that share them may have changed them since.
 */
export const endProcess = (code: number): never => {
  for (const fd of STDIO) if (!isatty(fd)) quietly(() => closeSync(fd))
  return process.exit(code)
}
