import * as Effect from "effect/Effect"
import { hostWord } from "../../schema/HostName.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import { runAnywhere } from "../hosts/locate.ts"
import { host, session } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { reportConnectionLost } from "../words/report.ts"
import { refuseLoop, reportEnd } from "./attachment.ts"

const show = Effect.fn("watch")(function*(name: SessionName) {
  const where = yield* refuseLoop(name)
  const end = yield* (yield* AttachClient).attach({ name, role: "watch", ...where })
  return yield* reportEnd(name, end)
}, (command) => reportConnectionLost(command))

/** `sesh --watch`: attaches read-only. */
export const watch = verb({
  name: "watch",
  help: {
    group: "Sessions",
    form: "sesh --watch <name>",
    meaning: "attach read-only",
    details: ["Nothing is typed, and the session keeps its size. `Ctrl-C` and the detach key leave."]
  },
  params: { host, name: session },
  run: (request) => runAnywhere(request, (host) => `sesh ${hostWord(host)} --watch ${request.name}`, show(request.name))
})
