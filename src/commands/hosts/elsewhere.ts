/** Finds the way to a session that runs on another machine, which shares the sessions' directory with this one. */
import * as Effect from "effect/Effect"
import { destinationOf, type HostName } from "../../schema/HostName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import type { SessionElsewhere } from "../../services/SessionElsewhere.ts"

/** Without a user and a port. */
const networkName = (host: string): string => destinationOf(host).name.toLowerCase()

/** Without a domain: a machine may call itself `node1`, and ssh `node1.example.org`, or the other way round. */
const firstLabel = (name: string): string => /^[0-9.]+$/.test(name) ? name : name.replace(/\..*$/, "")

/** The known host that a machine's name means. Two names with different domains are two machines. */
export const hostNamed = (hosts: ReadonlyArray<HostName>, machine: string): HostName | undefined => {
  const wanted = machine.toLowerCase()
  const isAlike = (host: string): boolean => {
    const name = networkName(host)
    const isShort = !name.includes(".") || !wanted.includes(".")
    return isShort && firstLabel(name) === firstLabel(wanted)
  }
  return hosts.find((host) => host.toLowerCase() === wanted) ??
    hosts.find((host) => networkName(host) === wanted) ??
    hosts.find(isAlike)
}

/** The known host on which the session runs, and says so. Fails with `error` if there is none. */
export const hostOfMachine = Effect.fnUntraced(function*(
  error: SessionElsewhere
): Effect.fn.Return<HostName, SessionElsewhere, HostMemory | Output> {
  const host = hostNamed(yield* (yield* HostMemory).names, error.machine)
  if (host === undefined) return yield* error
  yield* (yield* Output).note(`[${error.name} is on ${host}]`)
  return host
})
