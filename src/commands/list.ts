import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { Listing } from "../schema/Listing.ts"
import { Caller } from "../services/Caller.ts"
import { Output } from "../services/Output.ts"
import { type Listed, SessionRegistry } from "../services/SessionRegistry.ts"
import { age, shortPath, table, visible } from "./text.ts"

const encodeListing = Schema.encodeSync(Schema.fromJsonString(Listing))

/** `sesh`: the sessions, one a line. */
export const list = Effect.fn("list")(function*({ json }: { readonly json: boolean }) {
  const output = yield* Output
  const sessions = yield* (yield* SessionRegistry).list
  if (json) {
    yield* output.print(encodeListing({ version: 1, sessions }))
  } else if (sessions.length > 0) {
    const { home } = yield* Caller
    const now = yield* Clock.currentTimeMillis
    const rows = sessions.map((session) => row(session, home, now).map(visible))
    yield* output.print(table(output.isTerminal ? [HEADINGS, ...rows] : rows).join("\n"))
  } else if (output.isTerminal) {
    yield* output.print("No sessions. Start one: sesh <name>")
  }
  return 0
})

const HEADINGS = ["NAME", "CLIENTS", "AGE", "DIRECTORY", "RUNNING"]

const row = ({ info, name, problem }: Listed, home: string, now: number): ReadonlyArray<string> => {
  const running = problem === undefined ? info?.foreground ?? info?.command?.join(" ") ?? "" : `(${problem})`
  return info === undefined
    ? [name, "-", "-", "-", running]
    : [name, String(info.clients.length), age(now - info.created), shortPath(info.dir, home), running]
}

/** The hidden `sesh --names`: for completion. */
export const names = Effect.fn("names")(function*() {
  const found = yield* (yield* SessionRegistry).names
  if (found.length > 0) yield* (yield* Output).print(found.join("\n"))
  return 0
})
