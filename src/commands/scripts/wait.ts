import * as Effect from "effect/Effect"
import { hostWord } from "../../schema/HostName.ts"
import { exitCode } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { runAnywhere } from "../hosts/locate.ts"
import { host, session } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { reportConnectionLost } from "../words/report.ts"

const waitForEnd = (name: SessionName) =>
  reportConnectionLost(
    Effect.flatMap(SessionControl, (control) => Effect.map(control.wait({ name }), ({ status }) => exitCode(status))),
    `; ${name} may still run there`
  )

/** `sesh --wait`: waits for the session's end, and exits with its status. */
export const wait = verb({
  name: "wait",
  help: {
    group: "In scripts",
    form: "sesh --wait <name>",
    meaning: "wait for a session's end, exit as it did",
    details: ["A session that ended within the last hour counts as one that ends now."]
  },
  params: { host, name: session },
  run: (request) =>
    runAnywhere(request, (host) => `sesh ${hostWord(host)} --wait ${request.name}`, waitForEnd(request.name))
})
