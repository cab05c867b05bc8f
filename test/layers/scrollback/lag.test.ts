import { describe, expect, it } from "vitest"
import type { Backlog } from "../../../src/layers/scrollback/backlog.ts"
import { Lag } from "../../../src/layers/scrollback/lag.ts"

/** What Linux gives in one read of a terminal. */
const READ_BYTES = 4096

/** Longest lag of output that cannot be skipped, and the read that exceeds it. */
const LIMIT_MS = 21

/** Output that cannot be skipped, of which a byte takes `byteMs` to parse. */
const lagging = (bytes: number, byteMs: number) => {
  const backlog = {
    bytes,
    get effortMs() {
      return this.bytes * byteMs
    },
    isSkippable: () => false
  }
  const lag = new Lag(backlog as Partial<Backlog> as Backlog)
  return {
    lag,
    backlog,
    /** The program writes until it has to wait: how much. */
    write: () => {
      const before = backlog.bytes
      do backlog.bytes += READ_BYTES
      while (!lag.isTooLong(undefined) && backlog.bytes - before < bytes)
      lag.begin()
      return backlog.bytes - before
    },
    /** The model parses until the program goes on: how much. */
    parse: () => {
      const before = backlog.bytes
      for (; lag.isBehind && backlog.bytes > 0; lag.shrink(undefined)) backlog.bytes -= 1024
      return before - backlog.bytes
    }
  }
}

describe("how far the model may lag behind", () => {
  it("when the program goes on, more of it comes than what the system holds before an echo", () => {
    const { backlog, parse, write } = lagging(1_000_000, 1.4e-4)
    write()
    while (backlog.effortMs > LIMIT_MS) {
      parse()
      expect(write()).toBeGreaterThanOrEqual(16 * 1024)
    }
  })

  it("a long lag gets shorter with each wait, until it is within the limit", () => {
    const { backlog, parse, write } = lagging(1_000_000, 1.4e-4)
    write()
    for (let before = backlog.effortMs; before > LIMIT_MS; before = backlog.effortMs) {
      parse()
      write()
      expect(backlog.effortMs).toBeLessThan(before)
    }
  })

  it("the program does not wait for all of a long lag at once", () => {
    const { parse, write } = lagging(1_000_000, 1.4e-4)
    write()
    expect(parse() * 1.4e-4).toBeLessThan(LIMIT_MS)
  })
})
