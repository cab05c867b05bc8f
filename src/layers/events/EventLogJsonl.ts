import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { pathOf } from "../../schema/ByteString.ts"
import { type Event, timestamp } from "../../schema/Event.ts"
import { Caller } from "../../services/Caller.ts"
import { EventLog } from "../../services/EventLog.ts"
import { Output } from "../../services/Output.ts"
import { otherOwner } from "../system/ownership.ts"
import { reasonOf } from "../system/systemError.ts"
import * as EventLogSilent from "./EventLogSilent.ts"

const { O_APPEND, O_CREAT, O_NOCTTY, O_NOFOLLOW, O_NONBLOCK, O_WRONLY } = Fs.constants

/** A fifo without a reader is an error: opening it does not wait. */
const FLAGS = O_WRONLY | O_APPEND | O_CREAT | O_NOCTTY | O_NONBLOCK

/** For root, in a directory of another user (`sudo -E`): follows no link there, and a new log is that user's. */
const openLog = (path: string): number => {
  const owner = otherOwner(Path.dirname(path))
  if (owner === undefined) return Fs.openSync(pathOf(path), FLAGS, 0o600)
  const fd = Fs.openSync(pathOf(path), FLAGS | O_NOFOLLOW, 0o600)
  if (Fs.fstatSync(fd).size === 0) Fs.fchownSync(fd, owner, Fs.statSync(Path.dirname(path)).gid)
  return fd
}

/**
 * One write for the whole line: with O_APPEND, lines of other processes do not get in between (write(2)). False when
 * the disk was full in the middle of the line.
 */
const append = (path: string, line: string): boolean => {
  const bytes = Buffer.from(line)
  const fd = openLog(path)
  try {
    return Fs.writeSync(fd, bytes) === bytes.length
  } finally {
    Fs.closeSync(fd)
  }
}

/**
 * Lines of JSON at the end of a file, which the first event creates (0600). Each event opens the file again: it may be
 * moved away at any time. An event that cannot be written is dropped, and from then on messages go to the user.
 */
export const layerAt = (path: string): Layer.Layer<EventLog, never, Output> =>
  Layer.effect(
    EventLog,
    Effect.map(Output, ({ note }) => {
      let works = true
      /** A line feed when our last line was cut short: the next one must not continue it. */
      let torn = ""

      const failed = (reason: string) => {
        if (!works) return Effect.void
        works = false
        return note(`sesh: cannot write the event log ${path}: ${reason}`)
      }

      const emit = (event: Event) =>
        Effect.flatMap(Clock.currentTimeMillis, (now) => {
          const line = `${torn}${JSON.stringify({ ts: timestamp(now), ...event })}\n`
          return Effect.matchEffect(Effect.try({ try: () => append(path, line), catch: reasonOf }), {
            onSuccess: (whole) => {
              torn = whole ? "" : "\n"
              return whole ? Effect.void : failed("no space left on device")
            },
            onFailure: failed
          })
        })

      return EventLog.of({ emit, say: (line) => works ? Effect.void : note(line), isOn: () => works })
    })
  )

/** The log that `SESH_EVENT_LOG` names, relative to the working directory; no log when it is not set. */
export const layer: Layer.Layer<EventLog, never, Caller | Output> = Layer.unwrap(
  Effect.map(Caller, ({ env, resolve }) => {
    const path = env["SESH_EVENT_LOG"]
    return path ? layerAt(resolve(path)) : EventLogSilent.layer
  })
)
