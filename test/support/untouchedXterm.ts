/** xterm.js as its package has it, without what sesh has changed of it. */
import type * as Graphemes from "@xterm/addon-unicode-graphemes"
import type * as Headless from "@xterm/headless"
import { createRequire } from "node:module"
import type { Core } from "../../src/layers/xterm/internals.ts"

const require = createRequire(import.meta.url)

/** The package read once more: what `load` changes is another copy. */
const again = <Module>(name: string): Module => {
  const { poolSize } = Buffer
  const file = require.resolve(name)
  const known = require.cache[file]
  delete require.cache[file]
  Buffer.poolSize = 0
  try {
    return require(file) as Module
  } finally {
    Buffer.poolSize = poolSize
    if (known === undefined) delete require.cache[file]
    else require.cache[file] = known
  }
}

const { Terminal } = again<typeof Headless>("@xterm/headless")
const { UnicodeGraphemesAddon } = again<typeof Graphemes>("@xterm/addon-unicode-graphemes")

export const untouchedXterm = (cols: number, rows: number, history: number): Core => {
  const terminal = new Terminal({ cols, rows, scrollback: history, allowProposedApi: true, logLevel: "off" })
  terminal.loadAddon(new UnicodeGraphemesAddon() as never)
  const { _core } = terminal as unknown as { readonly _core: Core }
  // As `load` has it.
  terminal.parser.registerEscHandler({ final: "c" }, () => {
    terminal.options.convertEol = false
    _core.coreService.isCursorHidden = false
    return false
  })
  return _core
}
