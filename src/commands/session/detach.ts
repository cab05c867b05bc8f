import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { hostWord } from "../../schema/HostName.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { runAnywhere } from "../hosts/locate.ts"
import { host, session } from "../language/params.ts"
import { UsageError } from "../language/UsageError.ts"
import { verb } from "../language/verb.ts"
import { onHostSuffix } from "../words/failures.ts"
import { count } from "../words/text.ts"
import { currentSession } from "./currentSession.ts"

const FORM = "sesh --detach [name]"

const detachClients = Effect.fnUntraced(function*(name: SessionName) {
  const clients = yield* (yield* SessionRegistry).detach(name)
  yield* (yield* Output).note(`[${count(clients, "client")} of ${name}${yield* onHostSuffix} detached]`)
  return 0
})

/** Detaches the clients of the session in which this sesh runs. */
const detachCurrent = Effect.fnUntraced(function*() {
  const name = Option.getOrUndefined(yield* currentSession)
  return yield* name === undefined
    ? new UsageError({ problem: "this is not a session: say which one to detach", form: FORM })
    : detachClients(name)
})

/** `sesh --detach`: detaches the clients of a session; without a name, of the session in which this sesh runs. */
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
      ? detachCurrent()
      : runAnywhere({ host, name }, (host) => `sesh ${hostWord(host)} --detach ${name}`, detachClients(name))
})
