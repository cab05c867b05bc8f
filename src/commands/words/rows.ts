/** Sessions as lines of a listing. */
import type { ListedSession } from "../../schema/Listing.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import { age, cut, shortPath, visible } from "./text.ts"

type Row = ReadonlyArray<string>

export const HEADINGS: Row = ["NAME", "CLIENTS", "AGE", "DIRECTORY", "RUNNING"]

/** Characters of each column that a host has a say in: more would push everything else off the screen. */
const MOST = [64, 8, 8, 60, 200] as const

/** What runs in the session; in parentheses why that is not known. */
export const runningIn = ({ info, problem }: Omit<ListedSession, "name">): string =>
  problem === undefined ? info?.foreground ?? info?.command?.join(" ") ?? "" : `(${problem})`

/** The columns of a session, seen from a home. */
const rowOf = (session: ListedSession, home: string, now: number): Row => {
  const { info, name } = session
  return info === undefined
    ? [name, "-", "-", "-", runningIn(session)]
    : [name, String(info.clients.length), age(now - info.created), shortPath(info.dir, home), runningIn(session)]
}

/** A session of this machine. */
export const rowHere = (session: ListedSession, home: string, now: number): Row =>
  rowOf(session, home, now).map(visible)

/** A session that another host tells of. */
export const rowThere = (session: ListedSession, home: string, now: number): Row =>
  rowOf(session, home, now).map((cell, column) => visible(cut(cell, MOST[column]!)))

const named = ({ home, host, sessions }: RememberedHost, now: number, mark: string): ReadonlyArray<Row> =>
  sessions.map((session) => {
    const [name, clients = "", since = "", dir = "", running = ""] = rowThere(session, home, now)
    return [`@${host} ${name}`, clients, since, dir, `${running}${mark}`.trimStart()]
  })

/** A host's sessions, named as they can be asked for. */
export const rowsOf = (known: RememberedHost, now: number): ReadonlyArray<Row> => named(known, now, "")

/** A host's sessions as they were when it answered last. */
export const rowsOfThen = (known: RememberedHost, now: number): ReadonlyArray<Row> =>
  named(known, now, ` (as of ${age(now - known.at)} ago)`)
