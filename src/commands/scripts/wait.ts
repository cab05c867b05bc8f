import * as Effect from "effect/Effect"
import { exitCode } from "../../schema/Session.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { anywhere } from "../hosts/locate.ts"
import { orLost } from "../hosts/onHost.ts"
import { host, session } from "../language/params.ts"
import { verb } from "../language/verb.ts"

const waitThere = (name: SessionName) =>
  orLost(
    Effect.flatMap(SessionControl, (control) => Effect.map(control.wait({ name }), ({ status }) => exitCode(status))),
    `; ${name} may still run there`
  )

/** `sesh --wait`: ends when the session does, and as it did. */
export const wait = verb({
  name: "wait",
  help: {
    group: "In scripts",
    form: "sesh --wait <name>",
    meaning: "wait for a session's end, exit as it did",
    details: ["A session that ended within the last hour counts as one that ends now."]
  },
  params: { host, name: session },
  run: (request) => anywhere(request, (host) => `sesh @${host} --wait ${request.name}`, waitThere(request.name))
})
