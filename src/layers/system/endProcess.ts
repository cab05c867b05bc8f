import { closeSync } from "node:fs"
import { listen } from "./processEvents.ts"
import { quietly } from "./quietly.ts"

const STDIO = [0, 1, 2]

/**
 * Ends this process. Closes standard descriptors first: Node sets the flags of those that are open, and the modes of
 * terminals, back to what they were when it began. Others that share them may have changed them since, such as a pager
 * behind us.
 */
export const endProcess = (code: number): never => {
  // After all other listeners, which may still write.
  process.on("exit", () => {
    for (const fd of STDIO) quietly(() => closeSync(fd))
  })
  return process.exit(code)
}

/**
 * Gives SIGINT and SIGTERM their default action, where nobody listens: Node's own sets a terminal's modes back to what
 * they were when it began, also while another program has it raw. Called once, at the start.
 */
export const endPlainly = (): void => {
  // What Node leaves when the last listener has gone.
  for (const name of ["SIGINT", "SIGTERM"]) listen({ [name]: () => {} })()
}
