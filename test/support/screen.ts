/** A terminal of the test's own: one end is a program's, the test sits at the other. */
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import { loadPtyAddon } from "../../src/layers/pty/addon.ts"
import { openMaster } from "../../src/layers/pty/master.ts"

/** Until the scope ends; 24 rows. `slave` is the program's descriptor, `seen` what was written to it. */
export const openScreen = (columns: number) =>
  Effect.gen(function*() {
    const { master, slave } = loadPtyAddon().open(columns, 24)
    const written: Array<Buffer> = []
    const screen = openMaster(master)
    screen.listen({ onData: (bytes) => written.push(bytes), onDrain: () => {} })
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        screen.close()
        Fs.closeSync(slave)
      })
    )
    return { slave, write: screen.write, seen: () => Buffer.concat(written).toString() }
  })
