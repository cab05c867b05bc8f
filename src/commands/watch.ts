import * as Effect from "effect/Effect"
import type { SessionName } from "../schema/SessionName.ts"
import { AttachClient } from "../services/AttachClient.ts"
import { refuseLoop, report } from "./attached.ts"
import { anywhere } from "./lookup.ts"
import type { Ask } from "./request.ts"
import { orLost } from "./there.ts"

const show = Effect.fn("watch")(function*(name: SessionName) {
  yield* refuseLoop(name)
  const end = yield* (yield* AttachClient).attach({ name, role: "watch" })
  return yield* report(name, end)
}, (command) => orLost(command))

/** `sesh --watch`: attaches read-only. */
export const watch = (request: Ask<"Watch">) =>
  anywhere(request, (host) => `sesh @${host} --watch ${request.name}`, show(request.name))
