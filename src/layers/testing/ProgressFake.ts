import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { visible } from "../../schema/Text.ts"
import { Progress } from "../../services/Progress.ts"

/** What was shown, for tests to look at. */
export class ProgressTestRef extends Context.Service<ProgressTestRef, {
  /** Every text that was shown, oldest first. */
  readonly texts: Array<string>
  /** What is shown now: one text for each line that is open. */
  readonly now: () => ReadonlyArray<string>
}>()("sesh/layers/testing/ProgressTestRef") {}

/** Remembers all lines. `columns`: of the terminal; none: it is no terminal. */
export const layer = (columns: number | undefined = 80): Layer.Layer<Progress | ProgressTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const open = new Map<symbol, string>()
    const texts: Array<string> = []
    const line = Effect.acquireRelease(
      Effect.sync(() => {
        const key = Symbol("line")
        open.set(key, "")
        return key
      }),
      (key) => Effect.sync(() => open.delete(key))
    ).pipe(Effect.map((key) => (text: string) => {
      if (columns === undefined || !open.has(key)) return
      const shown = visible(text)
      const fits = shown.length < columns ? shown : `${shown.slice(0, columns - 2)}…`
      texts.push(fits)
      open.set(key, fits)
    }))
    return Context.make(ProgressTestRef, { texts, now: () => [...open.values()].filter((text) => text !== "") }).pipe(
      Context.add(Progress, { line })
    )
  }))
