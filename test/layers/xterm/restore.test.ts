import { assert, describe, it } from "@effect/vitest"
import { compareAt, engine, points, recordings } from "../../support/differential.ts"

/** Offsets at which a client attaches in each recording; `RESTORE_POINTS` sets another number. */
const POINTS = Number(process.env["RESTORE_POINTS"] ?? 16)

describe("reattaching, at any byte of the output, shows what a terminal shows that stayed attached", () => {
  it.each(recordings().map((recording) => [recording.name, recording] as const))(
    "%s",
    async (_, recording) => {
      const loaded = await engine
      for (const point of points(recording, POINTS, 1)) {
        const { answered, cells, difference, history, lost, modes, stand, unclean } = compareAt(
          loaded,
          recording,
          point
        )
        const at = `attached at byte ${point}`
        assert.isUndefined(difference, at)
        assert.deepStrictEqual({ cells, history, stand, modes }, {
          cells: true,
          history: true,
          stand: true,
          modes: true
        }, at)
        assert.deepStrictEqual(answered, [], `${at}: the restore asks`)
        assert.strictEqual(lost, 0, `${at}: lines of the user's own`)
        assert.deepStrictEqual(unclean, [], `${at}: left behind`)
      }
    },
    60_000
  )
})
