import * as Argument from "effect/cli/Argument"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import { GRACE_MS } from "../../schema/protocol/Control.ts"
import type { SessionName } from "../../schema/SessionName.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { hostOfMachine } from "../hosts/elsewhere.ts"
import { locate } from "../hosts/locate.ts"
import { runOnHost } from "../hosts/onHost.ts"
import { host, session } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { onHostSuffix } from "../words/failures.ts"
import { reportFailures } from "../words/report.ts"

const end = Effect.fnUntraced(function*(name: SessionName) {
  yield* (yield* SessionRegistry).kill(name, GRACE_MS)
  yield* (yield* Output).note(`[${name}${yield* onHostSuffix} ended]`)
  return 0
})

/** Runs a command for each, all at once; returns the highest exit code. One failure does not stop the others. */
const worstOf = <A, E, R>(all: Iterable<A>, run: (one: A) => Effect.Effect<number, E, R>) =>
  Effect.map(Effect.forEach(all, run, { concurrency: "unbounded" }), (codes) => Math.max(0, ...codes))

/** Ends sessions of another host. An unreachable host is one failure, not one for each session. */
const endAll = (names: ReadonlyArray<SessionName>) =>
  worstOf(
    new Set(names),
    (name) =>
      end(name).pipe(
        Effect.catchIf((error) => error._tag !== "HostError", (error) => reportFailures(Effect.fail(error)))
      )
  )

const command = (host: HostName, name: SessionName) => `sesh ${hostWord(host)} --kill ${name}`

/** Ends sessions of other hosts. Asks each host once, however many names there are. */
const endElsewhere = Effect.fnUntraced(function*(names: ReadonlyArray<SessionName>) {
  const found = new Map<HostName, Array<SessionName>>()
  const codes: Array<number> = []
  for (const [name, location] of yield* locate(names, command)) {
    if (Result.isFailure(location)) codes.push(yield* reportFailures(Effect.fail(location.failure)))
    else found.set(location.success, [...found.get(location.success) ?? [], name])
  }
  codes.push(yield* worstOf(found, ([host, names]) => runOnHost(host, endAll(names))))
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
  run: ({ host, names }) => host === undefined ? endAnywhere(names) : runOnHost(host, endAll(names))
})

const endAnywhere = Effect.fn("kill")(function*(names: ReadonlyArray<SessionName>) {
  const missing: Array<SessionName> = []
  const localCode = yield* worstOf(
    new Set(names),
    (name) =>
      reportFailures(
        end(name).pipe(
          Effect.catchTag("NoSession", () => Effect.sync(() => missing.push(name) && 0)),
          Effect.catchTag(
            "SessionElsewhere",
            (error) => Effect.flatMap(hostOfMachine(error), (host) => runOnHost(host, endAll([name])))
          )
        )
      )
  )
  return missing.length === 0 ? localCode : Math.max(localCode, yield* endElsewhere(missing))
})
