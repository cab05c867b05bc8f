/** Linux' ps and lsof stand for those of macOS, which answer the same. */
import { psProcesses } from "../../src/layers/pty/psProcesses.ts"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"

/** What there must be for that. */
export const PROCESS_NEEDS = ["/bin/ps", "/usr/bin/lsof"] as const

const [ps, lsof] = PROCESS_NEEDS

/** Milliseconds that an answer may take: the tests are about what it says, and the machine may be busy. */
const PATIENCE_MS = 20_000

/** Real terminals whose processes are found as on macOS. */
export const byProcessTools = PtyNode.makeLayer((terminal) => psProcesses(terminal, { ps, lsof }, PATIENCE_MS))
