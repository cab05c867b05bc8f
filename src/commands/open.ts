import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { AttachClient } from "../services/AttachClient.ts"
import { DaemonLauncher } from "../services/DaemonLauncher.ts"
import { Output } from "../services/Output.ts"
import { SessionRegistry } from "../services/SessionRegistry.ts"
import { refuseLoop, report } from "./attached.ts"
import type { Request } from "./request.ts"
import { newSpec } from "./spec.ts"

type Open = Extract<Request, { readonly _tag: "Open" }>

/** `sesh <name>`: attaches to the session, which is made if there is none. */
export const open = Effect.fn("open")(function*(request: Open) {
  const { name } = request
  if (request.detached) return yield* create(request)
  yield* refuseLoop(name)
  const { attach } = yield* AttachClient
  const found = yield* attach({ name, role: "attach" }).pipe(
    Effect.asSome,
    Effect.catchTag("NoSession", () => Effect.succeedNone)
  )
  if (Option.isSome(found)) return yield* report(name, found.value)
  const created = yield* launch(request)
  const end = yield* attach({
    name,
    role: "attach",
    ...(Option.isSome(created) ? { created: created.value } : {})
  })
  return yield* report(name, end)
})

/** `sesh <name> -d`: makes sure the session is there. */
const create = Effect.fnUntraced(function*(request: Open) {
  const found = yield* (yield* SessionRegistry).get(request.name).pipe(
    Effect.asSome,
    Effect.catchTag("NoSession", () => Effect.succeedNone)
  )
  if (Option.isNone(found)) yield* launch(request)
  return 0
})

/** The new session's id; none when somebody else has just made it. */
const launch = Effect.fnUntraced(function*(request: Open) {
  const spec = yield* newSpec({ ...request, awaited: !request.detached })
  const launched = yield* (yield* DaemonLauncher).launch(spec).pipe(
    Effect.asSome,
    Effect.catchTag("SessionExists", () => Effect.succeedNone)
  )
  if (Option.isSome(launched) && launched.value.warning !== undefined) {
    yield* (yield* Output).note(`sesh: ${launched.value.warning}`)
  }
  return Option.map(launched, ({ id }) => id)
})
