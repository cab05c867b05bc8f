import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { anywhere } from "../hosts/locate.ts"
import { forms } from "../language/help.ts"
import { type Ask, UsageError } from "../language/request.ts"
import { onHost } from "../words/failures.ts"
import { count } from "../words/text.ts"
import { here } from "./currentSession.ts"

const letGo = Effect.fnUntraced(function*(name: SessionName) {
  const clients = yield* (yield* SessionRegistry).detach(name)
  yield* (yield* Output).note(`[${count(clients, "client")} of ${name}${yield* onHost} detached]`)
  return 0
})

/** `sesh --detach`: lets the clients of a session go; without a name, of the one it is called in. */
export const detach = Effect.fn("detach")(function*(request: Ask<"Detach">) {
  const { name: given } = request
  const name = given ?? Option.getOrUndefined(yield* here)
  if (name === undefined) {
    return yield* new UsageError({ problem: "this is not a session: say which one to detach", form: forms.detach })
  }
  // The one that we are in is here.
  if (given === undefined) return yield* letGo(name)
  return yield* anywhere({ ...request, name }, (host) => `sesh @${host} --detach ${name}`, letGo(name))
})
