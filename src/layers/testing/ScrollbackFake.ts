import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { Scrollback, type ScrollbackModel } from "../../services/Scrollback.ts"
import { inOneGo } from "../scrollback/inOneGo.ts"
import { rawHistory } from "../scrollback/rawHistory.ts"
import { RawScrollback, replayable } from "../scrollback/rawScrollback.ts"

/** Keeps every byte and replays all that may be replayed: for tests, which have little output. */
export const layer: Layer.Layer<Scrollback> = Layer.succeed(Scrollback, {
  make: (size) =>
    Effect.sync(() => {
      let all = Buffer.alloc(0)
      const raw = new RawScrollback(size, 0)
      const model: ScrollbackModel = {
        offset: () => all.length,
        append: (bytes) => {
          raw.append(bytes)
          all = Buffer.concat([all, bytes])
        },
        listen: () => {},
        expectEcho: () => {},
        resize: (size) => raw.resize(size),
        restore: () => all.length === 0 ? [] : [replayable(all)],
        redraw: () => undefined,
        since: (offset) => offset > all.length ? undefined : [all.subarray(offset)],
        first: () => 0,
        history: (options) => rawHistory(all, options),
        inSlices: (picture, then) => inOneGo(model)(picture, then),
        settle: () => {},
        leave: () => Buffer.alloc(0),
        report: () => raw.report()
      }
      return model
    })
})
