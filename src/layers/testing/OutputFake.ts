import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { withoutControls } from "../../schema/Text.ts"
import { Output } from "../../services/Output.ts"

/** What was said, as it arrives, for tests to look at. */
export class OutputTestRef extends Context.Service<OutputTestRef, {
  readonly out: Array<string>
  readonly err: Array<string>
  /** What was written as it is. */
  readonly bytes: Array<Uint8Array>
}>()("sesh/layers/testing/OutputTestRef") {}

const said = (text: string): string => withoutControls(text, "\t\n", "\ufffd")

/** Keeps what is said in memory. */
export const layer = (options: { readonly isTerminal: boolean }): Layer.Layer<Output | OutputTestRef> =>
  Layer.effectContext(Effect.sync(() => {
    const out: Array<string> = []
    const err: Array<string> = []
    const bytes: Array<Uint8Array> = []
    return Context.make(OutputTestRef, { out, err, bytes }).pipe(
      Context.add(Output, {
        isTerminal: options.isTerminal,
        print: (text) => Effect.sync(() => void out.push(said(text))),
        write: (parts) => Effect.sync(() => void bytes.push(...parts)),
        note: (text) => Effect.sync(() => void err.push(said(text)))
      })
    )
  }))
