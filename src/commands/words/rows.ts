/** Sessions as rows of a listing. */
import { hostWord } from "../../schema/HostName.ts"
import type { ListedSession } from "../../schema/Listing.ts"
import type { RememberedHost } from "../../schema/RememberedHost.ts"
import { age, cut, shortPath, visible } from "./text.ts"

type Row = ReadonlyArray<string>

export const HEADINGS: Row = ["NAME", "CLIENTS", "AGE", "DIRECTORY", "RUNNING"]

/** Limit of each column in a row that comes from a host: longer text would push everything else off the screen. */
const MAX_CHARACTERS = [64, 8, 8, 60, 200] as const

/** What runs in the session, or in parentheses why that is unknown. */
export const runningIn = ({ info, problem }: Omit<ListedSession, "name">): string =>
  problem === undefined ? info?.foreground ?? info?.command?.join(" ") ?? "" : `(${problem})`

/** A session's row; paths in `home` begin with `~`. */
const rowOf = (session: ListedSession, home: string, now: number): Row => {
  const { info, name } = session
  return info === undefined
    ? [name, "-", "-", "-", runningIn(session)]
    // Of a session elsewhere, what it said when it was created.
    : [
      name,
      session.machine === undefined ? String(info.clients.length) : "-",
      age(now - info.created),
      shortPath(info.dir, home),
      runningIn(session)
    ]
}

/** The row of a session of this machine. */
export const localRow = (session: ListedSession, home: string, now: number): Row =>
  rowOf(session, home, now).map(visible)

/** The row of a session of another host. */
export const remoteRow = (session: ListedSession, home: string, now: number): Row =>
  rowOf(session, home, now).map((cell, column) => visible(cut(cell, MAX_CHARACTERS[column]!)))

const rowsWithHost = ({ home, host, sessions }: RememberedHost, now: number, mark: string): ReadonlyArray<Row> =>
  sessions.map((session) => {
    const [name, clients = "", since = "", dir = "", running = ""] = remoteRow(session, home, now)
    return [`${hostWord(host)} ${name}`, clients, since, dir, `${running}${mark}`.trimStart()]
  })

/** A host's sessions, with the names that the user can type for them. */
export const hostRows = (known: RememberedHost, now: number): ReadonlyArray<Row> => rowsWithHost(known, now, "")

/** A host's sessions as they were when it answered last, marked with the time since then. */
export const rememberedRows = (known: RememberedHost, now: number): ReadonlyArray<Row> =>
  rowsWithHost(known, now, ` (as of ${age(now - known.at)} ago)`)
