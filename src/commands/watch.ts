import * as Effect from "effect/Effect"
import type { SessionName } from "../schema/SessionName.ts"
import { AttachClient } from "../services/AttachClient.ts"
import { refuseLoop, report } from "./attached.ts"

/** `sesh --watch`: attaches read-only. */
export const watch = Effect.fn("watch")(function*({ name }: { readonly name: SessionName }) {
  yield* refuseLoop(name)
  const end = yield* (yield* AttachClient).attach({ name, role: "watch" })
  return yield* report(name, end)
})
