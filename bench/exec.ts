/** What it costs to run a command in a session: a session is made, ends, and its status comes back. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { home, setting, shown, table } from "./support/machine.ts"
import { EMPTY_NODE, SESH, takeTurns } from "./support/turns.ts"

const RUNS = setting("SESH_BENCH_ROUNDS", 21)

const BASE = "node -e 0"
const LEAST = "sh -c true"

const program = Effect.gen(function*() {
  const inHome = yield* home
  const times = takeTurns(inHome, RUNS, {
    [LEAST]: ["sh", "-c", "true"],
    [BASE]: EMPTY_NODE,
    "sesh --exec x -- true": [SESH, "--exec", "x", "--", "true"],
    "sesh --exec x --print -- true": [SESH, "--exec", "x", "--print", "--", "true"]
  })
  const [base, least] = [times.get(BASE)!, times.get(LEAST)!]
  table(
    [`a command in a session, medians of ${RUNS}`, "ms", `x ${BASE}`, `ms over ${LEAST}`],
    [...times].map(([name, ms]) => [name, shown(ms), shown(ms / base), shown(ms - least)])
  )
})

NodeRuntime.runMain(Effect.scoped(program))
