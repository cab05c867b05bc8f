import * as Effect from "effect/Effect"
import type { SessionName } from "../schema/SessionName.ts"
import { AttachClient } from "../services/AttachClient.ts"
import { refuseLoop, report } from "./attached.ts"
import { anywhere } from "./lookup.ts"
import type { Ask } from "./request.ts"
import { orLost, there } from "./there.ts"

const show = Effect.fn("watch")(function*(name: SessionName) {
  yield* refuseLoop(name)
  const end = yield* (yield* AttachClient).attach({ name, role: "watch" })
  return yield* report(name, end)
}, (command) => orLost(command))

/** `sesh --watch`: attaches read-only. */
export const watch = ({ host, name }: Ask<"Watch">) =>
  host === undefined ? anywhere(name, (host) => `sesh @${host} --watch ${name}`, show(name)) : there(host, show(name))
