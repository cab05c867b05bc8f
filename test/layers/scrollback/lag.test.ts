import { describe, expect, it } from "vitest"
import type { Backlog } from "../../../src/layers/scrollback/backlog.ts"
import { Lag } from "../../../src/layers/scrollback/lag.ts"

/** What Linux gives in one read of a terminal. */
const READ_BYTES = 4096

/** Longest lag of output that cannot be skipped, and the read that exceeds it. */
const LIMIT_MS = 21

/** What the model parses between two looks at the clock. */
const PIECE_BYTES = 1024

/** What Linux mostly has taken from a program before an echo, and the most. */
const BEFORE_ECHO_BYTES = 12 * 1024
const MOST_BEFORE_ECHO_BYTES = 6 * READ_BYTES

/** By the estimate, for a byte of plain text. */
const BYTE_MS = 1.4e-4

/** Output that cannot be skipped, of which a byte takes `byteMs` to parse by the estimate, and `pace` times that. */
const lagging = (bytes: number, byteMs: number, pace = 1) => {
  let clock = 0
  const backlog = {
    bytes,
    offset: bytes,
    get estimateMs() {
      return this.bytes * byteMs
    },
    get effortMs() {
      return this.estimateMs
    },
    isSkippable: () => false
  }
  const lag = new Lag(backlog as Partial<Backlog> as Backlog, () => clock)
  /** The program writes until it has to wait, or has written that much: how much. */
  const write = (most = Number.POSITIVE_INFINITY) => {
    const before = backlog.bytes
    const end = before + Math.min(bytes, most)
    do {
      backlog.bytes += READ_BYTES
      backlog.offset += READ_BYTES
    } while (!lag.isTooLong(undefined) && backlog.bytes < end)
    if (lag.isTooLong(undefined)) lag.begin()
    return backlog.bytes - before
  }
  /** The model parses until the program goes on: for how long, and how much. */
  const parse = () => {
    const before = backlog.bytes
    const begun = clock
    for (; lag.isBehind && backlog.bytes > 0; lag.shrink(undefined)) {
      backlog.bytes -= PIECE_BYTES
      clock += PIECE_BYTES * byteMs * pace
    }
    return { bytes: before - backlog.bytes, ms: clock - begun }
  }
  return { backlog, lag, write, parse }
}

describe("how far the model may lag behind", () => {
  it("when the program goes on, more of it comes than what the system holds before an echo", () => {
    const { backlog, parse, write } = lagging(1_000_000, BYTE_MS)
    write()
    while (backlog.effortMs > LIMIT_MS) {
      parse()
      expect(write()).toBeGreaterThanOrEqual(16 * 1024)
    }
  })

  it("a long lag gets shorter with each wait, until it is within the limit", () => {
    const { backlog, parse, write } = lagging(1_000_000, BYTE_MS)
    write()
    for (let before = backlog.effortMs; before > LIMIT_MS; before = backlog.effortMs) {
      parse()
      write()
      expect(backlog.effortMs).toBeLessThan(before)
    }
  })

  it("the program does not wait for all of a long lag at once", () => {
    const { parse, write } = lagging(1_000_000, BYTE_MS)
    write()
    expect(parse().ms).toBeLessThan(LIMIT_MS)
  })

  it("an echo does not wait for what the estimate says, where parsing takes ten times as long", () => {
    const { backlog, parse, write } = lagging(150_000, BYTE_MS, 10)
    write()
    while (backlog.estimateMs > LIMIT_MS) {
      let ms = 0
      for (let written = 0; written < BEFORE_ECHO_BYTES; written += write(BEFORE_ECHO_BYTES - written)) ms += parse().ms
      expect(ms).toBeLessThan(3 * LIMIT_MS)
    }
  })

  it("a lag gets no longer either where parsing takes ten times as long", () => {
    const { backlog, parse, write } = lagging(150_000, BYTE_MS, 10)
    write()
    for (let before = backlog.bytes; backlog.estimateMs > LIMIT_MS; before = backlog.bytes) {
      parse()
      write()
      expect(backlog.bytes).toBeLessThan(before)
    }
  })

  it("of output of which one read takes longer than a wait, no more comes than is parsed", () => {
    const { backlog, parse, write } = lagging(20 * READ_BYTES, 30 / READ_BYTES, 2)
    write()
    for (let times = 0; times < 40; times++) {
      const { bytes } = parse()
      expect(write()).toBeLessThanOrEqual(Math.max(bytes, READ_BYTES))
      expect(backlog.bytes).toBeLessThanOrEqual(22 * READ_BYTES)
    }
  })

  it("an echo does not wait for what precedes it, of output of which one read takes longer than a wait", () => {
    const { lag, write } = lagging(20 * READ_BYTES, 30 / READ_BYTES, 2)
    write()
    expect(lag.isBehind).toBe(true)
    lag.expectEcho()
    expect(lag.isBehind).toBe(false)
    expect(write()).toBeGreaterThanOrEqual(MOST_BEFORE_ECHO_BYTES)
  })

  it("whoever types on does not wait either for what came with the echo before", () => {
    const { lag, write } = lagging(20 * READ_BYTES, 10 / READ_BYTES, 2)
    write()
    lag.expectEcho()
    write()
    expect(lag.isBehind).toBe(true)
    lag.expectEcho()
    expect(lag.isBehind).toBe(false)
  })

  it("whoever types on waits until what takes very long is parsed, and is let through then", () => {
    const { lag, parse, write } = lagging(20 * READ_BYTES, 30 / READ_BYTES, 2)
    write()
    lag.expectEcho()
    const ahead = write()
    lag.expectEcho()
    expect(lag.isBehind).toBe(true)
    expect(parse().bytes).toBeLessThanOrEqual(ahead)
    expect(write()).toBeGreaterThanOrEqual(MOST_BEFORE_ECHO_BYTES)
  })

  it("typing without end does not lengthen a lag without end", () => {
    const { backlog, lag, parse, write } = lagging(20 * READ_BYTES, 30 / READ_BYTES, 2)
    write()
    const before = backlog.bytes
    for (let times = 0; times < 100; times++) {
      lag.expectEcho()
      write()
      parse()
      expect(backlog.bytes).toBeLessThanOrEqual(before + MOST_BEFORE_ECHO_BYTES + 2 * READ_BYTES)
    }
  })
})
