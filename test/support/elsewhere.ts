/** Sessions that may be on other hosts, and the verbs that look for one there. */
import { fakeInfo } from "../../src/layers/testing/SessionRegistryFake.ts"
import type { ListedSession } from "../../src/schema/Listing.ts"
import type { SessionName } from "../../src/schema/SessionName.ts"
import { HostError } from "../../src/services/HostError.ts"
import type { WorldHostOptions } from "./inWorld.ts"

/** A host with these sessions. */
export const having = (...names: ReadonlyArray<string>) => ({
  sessions: names.map((name) => ({ info: fakeInfo(name) }))
})

export const listed = (...names: ReadonlyArray<string>): ReadonlyArray<ListedSession> =>
  names.map((name) => ({ name: name as SessionName, info: fakeInfo(name) }))

/** A host that does not answer, and had these sessions when it did. */
export const dead = (host: string, ...knew: ReadonlyArray<string>): WorldHostOptions => ({
  failure: new HostError({ host, problem: `${host} does not answer`, kind: "unreachable" }),
  known: { sessions: listed(...knew) }
})

/** Command lines but for opening, with what is printed where the session is ended. */
export const VERBS = [
  ["--kill dev", ["[dev ended]"]],
  ["--watch dev", []],
  ["--detach dev", []],
  ["--history dev", []],
  ["--send dev x", []],
  ["--wait dev", []]
] as const
