import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { HostName } from "../../schema/HostName.ts"
import { GRACE_MS } from "../../schema/protocol/Control.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { locate } from "../hosts/locate.ts"
import { there, told } from "../hosts/onHost.ts"
import { host, session } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { onHost } from "../words/failures.ts"

const end = Effect.fnUntraced(function*(name: SessionName) {
  yield* (yield* SessionRegistry).kill(name, GRACE_MS)
  yield* (yield* Output).note(`[${name}${yield* onHost} ended]`)
  return 0
})

/** One that cannot be ended does not keep the others alive. Gives the worst exit code. */
const each = <A, E, R>(all: Iterable<A>, run: (one: A) => Effect.Effect<number, E, R>) =>
  Effect.map(Effect.forEach(all, run, { concurrency: "unbounded" }), (codes) => Math.max(0, ...codes))

/** On another host. If that cannot be had, it is one failure, not one for each. */
const endAll = (names: ReadonlyArray<SessionName>) =>
  each(
    new Set(names),
    (name) => end(name).pipe(Effect.catchIf((error) => error._tag !== "HostError", (error) => told(Effect.fail(error))))
  )

const command = (host: HostName, name: SessionName) => `sesh @${host} --kill ${name}`

/** Those that are not here: each host is asked once, whatever the number of names. */
const endElsewhere = Effect.fnUntraced(function*(names: ReadonlyArray<SessionName>) {
  const found = new Map<HostName, Array<SessionName>>()
  const codes: Array<number> = []
  for (const [name, place] of yield* locate(names, command)) {
    if (Result.isFailure(place)) codes.push(yield* told(Effect.fail(place.failure)))
    else found.set(place.success, [...found.get(place.success) ?? [], name])
  }
  codes.push(yield* each(found, ([host, names]) => there(host, endAll(names))))
  return Math.max(...codes)
})

/** `sesh --kill`: ends sessions, wherever they are. */
export const kill = verb({
  name: "kill",
  help: {
    group: "Sessions",
    form: "sesh --kill <name>...",
    meaning: "end sessions and what runs in them",
    details: [
      "The session's terminal is hung up, as if its window had been closed. What still runs 3 seconds later is killed. One session that cannot be ended keeps no other alive."
    ]
  },
  params: { host, names: session.pipe(Argument.atLeast(1)) },
  run: ({ host, names }) => host === undefined ? endAnywhere(names) : there(host, endAll(names))
})

const endAnywhere = Effect.fn("kill")(function*(names: ReadonlyArray<SessionName>) {
  const missing: Array<SessionName> = []
  const here = yield* each(
    new Set(names),
    (name) => told(end(name).pipe(Effect.catchTag("NoSession", () => Effect.sync(() => missing.push(name) && 0))))
  )
  return missing.length === 0 ? here : Math.max(here, yield* endElsewhere(missing))
})
