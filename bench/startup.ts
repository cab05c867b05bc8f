/** How long sesh takes to start and end, against an empty program of the same Node. */
import * as NodeRuntime from "@effect/platform-node/NodeRuntime"
import * as Effect from "effect/Effect"
import { home, setting, shown, table } from "./support/machine.ts"
import { EMPTY_NODE, run, SESH, takeTurns } from "./support/turns.ts"

const RUNS = setting("SESH_BENCH_ROUNDS", 41)
const SESSIONS = 10

const BASE = "node -e 0"

const program = Effect.gen(function*() {
  const inHome = yield* home
  for (let index = 0; index < SESSIONS; index++) run(inHome, [SESH, `bench-${index}`, "-d"])
  const times = takeTurns(inHome, RUNS, {
    [BASE]: EMPTY_NODE,
    "sesh --version": [SESH, "--version"],
    [`sesh (${SESSIONS} sessions)`]: [SESH],
    "sesh --names": [SESH, "--names"],
    "sesh --help": [SESH, "--help"]
  })
  const base = times.get(BASE)!
  table(
    [`start-up, medians of ${RUNS}`, "ms", `x ${BASE}`],
    [...times].map(([name, ms]) => [name, shown(ms), shown(ms / base)])
  )
})

NodeRuntime.runMain(Effect.scoped(program))
