import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { anywhere } from "../hosts/locate.ts"
import { host, session } from "../language/params.ts"
import { UsageError } from "../language/UsageError.ts"
import { verb } from "../language/verb.ts"
import { onHost } from "../words/failures.ts"
import { count } from "../words/text.ts"
import { here } from "./currentSession.ts"

const FORM = "sesh --detach [name]"

const letGo = Effect.fnUntraced(function*(name: SessionName) {
  const clients = yield* (yield* SessionRegistry).detach(name)
  yield* (yield* Output).note(`[${count(clients, "client")} of ${name}${yield* onHost} detached]`)
  return 0
})

/** The session in which it is called, which is here. */
const letGoHere = Effect.fnUntraced(function*() {
  const name = Option.getOrUndefined(yield* here)
  return yield* name === undefined
    ? new UsageError({ problem: "this is not a session: say which one to detach", form: FORM })
    : letGo(name)
})

/** `sesh --detach`: lets the clients of a session go; without a name, of the one it is called in. */
export const detach = verb({
  name: "detach",
  help: {
    group: "Sessions",
    form: FORM,
    meaning: "detach the clients of a session (this one by default)",
    details: ["The session goes on. Without `<name>` it is the one in which this is typed."]
  },
  params: { host, name: session.pipe(Argument.withDefault(undefined)) },
  problem: ({ host, name }) =>
    host === undefined || name !== undefined ? undefined : `say which session on ${host} to detach`,
  run: ({ host, name }) =>
    name === undefined
      ? letGoHere()
      : anywhere({ host, name }, (host) => `sesh @${host} --detach ${name}`, letGo(name))
})
