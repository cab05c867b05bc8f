import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import { Listing } from "../../schema/Listing.ts"
import { firstUsedFirst, type RememberedHost } from "../../schema/RememberedHost.ts"
import { Caller } from "../../services/Caller.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { Remotes } from "../../services/Remotes.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { CONNECT_TIMEOUT_MS } from "../../services/SshTransport.ts"
import { type Answer, askHosts } from "../hosts/askHosts.ts"
import { connectOptions } from "../hosts/onHost.ts"
import { type AnswerOnce, listedOnce } from "../hosts/sameSession.ts"
import { flag, host } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { explain } from "../words/failures.ts"
import { HEADINGS, hostRows, localRow, rememberedRows, remoteRow } from "../words/rows.ts"
import { type Columns, columns, visible } from "../words/text.ts"

const encodeListing = Schema.encodeSync(Schema.fromJsonString(Listing))

/** `sesh`: lists sessions, one a line: first those of this machine, then those of each host as it answers. */
export const list = verb({
  name: "list",
  isMeantBy: "no name",
  misplaced: "goes with the listing only",
  help: {
    group: "Sessions",
    form: "sesh [--json]",
    meaning: "list sessions, here and on the hosts that sesh knows",
    details: [
      "One a line: its name, how many clients are attached, its age, the directory it began in, and what runs in it now. With headings on a terminal, without them in a pipe.",
      "In a home that machines share, a session of another machine is listed with that machine's name.",
      "Hosts on which `sesh` has worked before are asked at the same time, for 5 seconds at the most. Their sessions are listed as `@<host> <name>`, which is what to type after `sesh`. A session that can be had under several names, this machine's among them, is listed once, under the one used first. A host that does not answer is listed as it was when it did, marked as such, and says why: on a terminal between the lines, otherwise on standard error."
    ],
    flags: {
      json:
        "An object with the fields `version`, now 1, and `sessions`, and `hosts` where other hosts are known: for each its `host`, the `sessions` it had `at` a time (but for those that are listed already), and the `problem` if it does not answer now. Fields may be added: ignore what you do not know."
    }
  },
  params: { host, json: flag("json", "as JSON, for programs") },
  run: ({ host, json }) => host === undefined ? listAll(json) : listHost(host, json)
})

const listAll = Effect.fn("list")(function*(json: boolean) {
  const { isTerminal, print } = yield* Output
  const sessions = yield* (yield* SessionRegistry).list
  const hosts = yield* (yield* HostMemory).all
  const once = listedOnce(hosts, sessions)
  if (json) {
    const answers = yield* askAll(hosts, () => Effect.void)
    const ordered = answers.toSorted((a, b) => firstUsedFirst(a.remembered, b.remembered)).flatMap(once).map(toJson)
    const found = ordered.toSorted((a, b) => a.host < b.host ? -1 : 1)
    yield* print(encodeListing({ version: 1, sessions, ...(hosts.length === 0 ? {} : { hosts: found }) }))
    return 0
  }
  const now = yield* Clock.currentTimeMillis
  const { home } = yield* Caller
  const printer = yield* makePrinter(columns(), hosts.flatMap((known) => hostRows(known, now)))
  yield* printer.rows(sessions.map((session) => localRow(session, home, now)))
  yield* askAll(hosts, (answer) => Effect.forEach(once(answer), (one) => printer.host(one, now), { discard: true }))
  if (isTerminal && sessions.length + hosts.length === 0) yield* print("No sessions. Start one: sesh <name>")
  return 0
})

const askAll = <E>(hosts: ReadonlyArray<RememberedHost>, onAnswer: (answer: Answer) => Effect.Effect<void, E>) =>
  askHosts(hosts, {
    patienceMs: () => CONNECT_TIMEOUT_MS,
    progress: (waiting) => `asking ${waiting} ...`,
    onAnswer
  })

const toJson = ({ remembered, result }: Answer) => {
  const { at, host, sesh, sessions } = Result.getOrElse(result, () => remembered)
  return { host, at, sesh, sessions, ...(Result.isFailure(result) ? { problem: result.failure } : {}) }
}

/** "does not answer" for "web does not answer": the line names the host already. */
const withoutSubject = (host: HostName, text: string): string =>
  text.startsWith(`${host} `) ? text.slice(host.length + 1) : text

/** Writes a listing piece by piece. Columns leave room for the `expected` rows, which may come later. */
const makePrinter = Effect.fnUntraced(function*(table: Columns, expected: ReadonlyArray<ReadonlyArray<string>>) {
  const { isTerminal, note, print } = yield* Output
  // Except for the last column: nothing is to the right of it.
  table.expect(expected.map((row) => row.slice(0, -1)))
  let isHeaded = !isTerminal
  const rows = (all: ReadonlyArray<ReadonlyArray<string>>) =>
    Effect.suspend(() => {
      const isHeadingAlone = !isHeaded && expected.length > 0
      if (all.length === 0 && !isHeadingAlone) return Effect.void
      const headed = isHeaded ? all : [HEADINGS, ...all]
      isHeaded = true
      return print(table.lines(headed).join("\n"))
    })
  /** A line about a host as a whole: on a terminal only, because elsewhere lines are results. */
  const hostRemark = (host: HostName, text: string) =>
    isTerminal ? print(`${hostWord(host)}  (${visible(withoutSubject(host, text))})`) : Effect.void
  const host = Effect.fnUntraced(function*({ isListed, remembered, result }: AnswerOnce, now: number) {
    if (Result.isSuccess(result)) {
      if (isListed) return
      return yield* result.success.sessions.length === 0
        ? hostRemark(remembered.host, "no sessions")
        : rows(hostRows(result.success, now))
    }
    yield* isTerminal ? hostRemark(remembered.host, result.failure) : note(explain({ message: result.failure }))
    yield* rows(rememberedRows(remembered, now))
  })
  return { rows, host }
})

/** `sesh @host`: lists the sessions of that host, as `sesh` lists them there. */
const listHost = Effect.fnUntraced(function*(host: HostName, json: boolean) {
  const { isTerminal, print } = yield* Output
  const options = yield* connectOptions(host)
  const { home, sessions } = yield* (yield* Remotes).look(host, options)
  if (json) {
    yield* print(encodeListing({ version: 1, sessions }))
  } else if (sessions.length > 0) {
    const now = yield* Clock.currentTimeMillis
    const rows = sessions.map((session) => remoteRow(session, home, now))
    yield* (yield* makePrinter(columns(), [])).rows(rows)
  } else if (isTerminal) {
    yield* print(`No sessions on ${host}. Start one: sesh ${hostWord(host)} <name>`)
  }
  return 0
}, Effect.scoped)
