import { assert, describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { Event } from "../../src/schema/Event.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { EventLog } from "../../src/services/EventLog.ts"
import { hostNamed } from "../support/sshSuite.ts"

const host = hostNamed("prod")
const name = "dev" as SessionName

/** One of each kind, with all fields. */
export const EVENTS: ReadonlyArray<Event> = [
  { event: "sync_start", host },
  { event: "sync_path_pushed", path: ".config/devin/skills", bytes: 4096 },
  { event: "sync_path_failed", path: "bin/foo", exit_code: 12, stderr: "two\nlines, \"quoted\" \u001b[31m" },
  { event: "sync_path_skipped", path: "äöü 🙂 \u2028" },
  { event: "tool_missing", tool: "rsync", path: "bin/foo" },
  { event: "sync_done", ok: false },
  { event: "deploy_start", host },
  { event: "deploy_done", host, version: "1.2.3", way: "npm" },
  { event: "deploy_failed", host, step: "detect_platform", stderr: "..." },
  { event: "session_created", name, id: "9f1c", host },
  { event: "session_attached", name, role: "attach" },
  { event: "session_detached", name, reason: "by another client", host },
  { event: "session_ended", name, exit_code: 130 },
  { event: "connection_lost", name, reason: "no answer", final: false, host },
  { event: "connection_resumed", name, host }
]

/** What every {@link EventLog} that is on promises. `read`: what was logged, as values. */
export const suite = <R, E>(
  title: string,
  layer: Layer.Layer<R | EventLog, E>,
  read: Effect.Effect<ReadonlyArray<unknown>, never, R>
) =>
  describe(title, () => {
    it.effect("keeps every event, in order, as it was", () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        assert.isTrue(log.isOn())
        yield* Effect.forEach(EVENTS, log.emit)
        assert.deepStrictEqual(yield* read, EVENTS)
      }).pipe(Effect.provide(layer)))
  })

/** What every {@link EventLog} that is off promises. `said`: to people. `read`: what was logged. */
export const offSuite = <R, E>(
  title: string,
  layer: Layer.Layer<R | EventLog, E>,
  said: Effect.Effect<ReadonlyArray<string>, never, R>,
  read: Effect.Effect<ReadonlyArray<unknown>, never, R>
) =>
  describe(`${title}, off`, () => {
    it.effect("logs nothing, and tells people", () =>
      Effect.gen(function*() {
        const log = yield* EventLog
        assert.isFalse(log.isOn())
        yield* Effect.forEach(EVENTS, log.emit)
        yield* log.say("files of prod: pushed")
        assert.deepStrictEqual([yield* read, yield* said], [[], ["files of prod: pushed"]])
      }).pipe(Effect.provide(layer)))
  })
