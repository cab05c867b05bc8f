/** Shows how a push goes on: a line that changes. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import { megabytes } from "../../schema/Text.ts"
import type { Progress } from "../../services/Progress.ts"
import { makeRate, REPORT_EVERY_MS } from "../system/meter.ts"

/**
 * Counts the bytes that are sent, and shows them. `total`: bytes of all the files; how many of them the host has
 * already, and how well they pack, only the copying program knows.
 */
export const sentLine = Effect.fnUntraced(function*(line: Progress["Service"]["line"], host: string, total: number) {
  const clock = yield* Clock.Clock
  const show = yield* line
  const rate = makeRate()
  let sent = 0
  let reported = clock.currentTimeMillisUnsafe()
  return (bytes: number) => {
    sent += bytes
    const now = clock.currentTimeMillisUnsafe()
    if (now - reported < REPORT_EVERY_MS) return
    reported = now
    const speed = megabytes(rate(now, sent))
    show(`syncing to ${host}: ${megabytes(sent)} MB sent, of files of ${megabytes(total)} MB  ${speed} MB/s`)
  }
})
