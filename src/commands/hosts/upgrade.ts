import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { HostName } from "../../schema/HostName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"
import { verb } from "../language/verb.ts"
import { explain } from "../words/failures.ts"
import { count } from "../words/text.ts"
import { deployTo, outcome, sayWhoRuns } from "./deployment.ts"
import { progressLine } from "./progressLine.ts"

/** Hosts at the same time: more would share one uplink, and each compares checksums and starts programs. */
const CONCURRENCY = 8

/** One progress line for all hosts: how many are done, and how far each of the others is. */
const makeBoard = (all: number, show: (text: string) => void) => {
  const parts = new Map<HostName, string>()
  let done = 0
  const draw = () =>
    show([`${done} of ${count(all, "host")}`, ...[...parts].map(([host, part]) => `${host} ${part}`)].join("  "))
  return {
    set: (host: HostName, part: string) => {
      parts.set(host, part)
      draw()
    },
    finish: (host: HostName) => {
      parts.delete(host)
      done++
      draw()
    }
  }
}

/** `sesh --upgrade`: deploys this version to all known hosts. */
export const upgrade = verb({
  name: "upgrade",
  help: {
    group: "On other hosts",
    form: "sesh --upgrade",
    meaning: "put this sesh on all known hosts that have an older one",
    details: [
      "As `--deploy`, for every host on which `sesh` has worked, several at a time. A line for each, then a summary; if one failed, the exit status is 1. Nothing is asked: a host that wants a password is a failure."
    ]
  },
  params: {},
  run: () => upgradeAll()
})

const upgradeAll = Effect.fn("upgrade")(function*() {
  const output = yield* Output
  const hosts = yield* (yield* HostMemory).names
  if (hosts.length === 0) {
    yield* output.note("sesh: no host is known yet; sesh --deploy @<host> makes one known")
    return 0
  }
  const show = yield* progressLine
  const board = makeBoard(hosts.length, show)
  const results = yield* Effect.forEach(hosts, (host) =>
    deployTo(host, {
      connectTimeout: CONNECT_TIMEOUT_MS,
      onProgress: (progress) =>
        board.set(
          host,
          progress._tag === "Sending" ? `${Math.floor(100 * progress.sent / Math.max(1, progress.total))}%` : "…"
        )
    }).pipe(
      Effect.result,
      Effect.tap(() => Effect.sync(() => board.finish(host))),
      Effect.tap((result) =>
        Result.isSuccess(result)
          ? Effect.andThen(
            output.print(`${host}: ${outcome(result.success)}`),
            sayWhoRuns(host, result.success)
          )
          : output.note(explain(result.failure))
      )
    ), { concurrency: CONCURRENCY })
  const failed = results.filter(Result.isFailure).length
  const changed = results.filter((result) => Result.isSuccess(result) && result.success.way !== "present").length
  yield* output.note(
    [`${count(changed, "host")} upgraded`, `${hosts.length - changed - failed} as new as this sesh`, `${failed} failed`]
      .join(", ")
  )
  return failed === 0 ? 0 : 1
}, Effect.scoped)
