import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import { LayoutEntry, MAX_LAYOUT_BYTES, MAX_LAYOUT_ENTRIES, MAX_LINE_BYTES } from "../../schema/Layout.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import type { SessionInfo } from "../../schema/Session.ts"
import { Output } from "../../services/Output.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { verb } from "../language/verb.ts"
import { explain } from "../words/failures.ts"
import { formatEntry, HEADER } from "./layoutFormat.ts"

/** Replaces bytes that are not UTF-8 when a path is read as text. */
const REPLACEMENT = "\ufffd"

/**
 * The directory in which to start a session again: a shell's current one; of a command the one that it was started in,
 * because its arguments may be relative to that. `remark`: what the user should know of it.
 */
const restartDir = ({ command, cwd, dir }: SessionInfo): { readonly dir: string; readonly remark?: string } =>
  command !== undefined || cwd === undefined
    ? { dir }
    : cwd.includes(REPLACEMENT)
    ? { dir, remark: "exported where it was started: where it is now has a name that is not UTF-8" }
    : { dir: cwd }

const decodeEntry = Schema.decodeUnknownResult(LayoutEntry)

interface Exported {
  readonly line?: string
  /** What the user should know; without a line, why there is none. */
  readonly problem?: string
  /** It is not of this machine. */
  readonly isElsewhere?: boolean
}

const exported = ({ info, machine, name, problem }: ListedSession): Exported => {
  if (machine !== undefined) return { problem: `${name}: not exported: it runs on ${machine}`, isElsewhere: true }
  if (info === undefined) return { problem: `${name}: not exported: it does not answer (${problem})` }
  if (info.hasLongCommand === true) return { problem: `${name}: not exported: its command is too long to be listed` }
  const { dir, remark } = restartDir(info)
  const entry = decodeEntry({ name, dir, ...(info.command === undefined ? {} : { command: info.command }) })
  if (Result.isFailure(entry)) return { problem: `${name}: not exported: what it says of itself makes no sense` }
  const line = formatEntry(entry.success)
  if (Buffer.byteLength(line) > MAX_LINE_BYTES) {
    return { problem: `${name}: not exported: its command is longer than ${MAX_LINE_BYTES / 1024} KiB` }
  }
  const shown = problem === undefined ? remark : `exported as it was when it began: it does not answer now (${problem})`
  return shown === undefined ? { line } : { line, problem: `${name}: ${shown}` }
}

/** `sesh --export`: prints every session that can be recreated. Exits with 1 if one cannot. */
export const exportLayout = verb({
  name: "export",
  help: {
    group: "Layout and setup",
    form: "sesh --export",
    meaning: "print the sessions, for --import",
    details: ["One a line, for `sesh --import`: name, directory, host and command, with tabs between them."]
  },
  params: {},
  run: () => writeLayout()
})

const writeLayout = Effect.fn("exportLayout")(function*() {
  const { note, write } = yield* Output
  const sessions = (yield* (yield* SessionRegistry).list).map(exported)
  const lines = sessions.flatMap(({ line }) => line ?? [])
  const bytes = Buffer.from(`${HEADER}${lines.join("")}`)
  yield* write([bytes])
  for (const { problem } of sessions) if (problem !== undefined) yield* note(explain({ message: problem }))
  if (lines.length <= MAX_LAYOUT_ENTRIES && bytes.length <= MAX_LAYOUT_BYTES) {
    return sessions.every(({ isElsewhere, line }) => line !== undefined || isElsewhere) ? 0 : 1
  }
  yield* note("sesh: this is more than --import reads at once: divide it")
  return 1
})
