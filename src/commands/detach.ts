import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import type { SessionName } from "../schema/SessionName.ts"
import { Output } from "../services/Output.ts"
import { SessionRegistry } from "../services/SessionRegistry.ts"
import { forms } from "./help.ts"
import { here } from "./here.ts"
import { UsageError } from "./request.ts"
import { count } from "./text.ts"

/** `sesh --detach`: lets the clients of a session go; without a name, of the one it is called in. */
export const detach = Effect.fn("detach")(function*(request: { readonly name: SessionName | undefined }) {
  const name = request.name ?? Option.getOrUndefined(yield* here)
  if (name === undefined) {
    return yield* new UsageError({ problem: "this is not a session: say which one to detach", form: forms.detach })
  }
  const clients = yield* (yield* SessionRegistry).detach(name)
  yield* (yield* Output).note(`[${count(clients, "client")} of ${name} detached]`)
  return 0
})
