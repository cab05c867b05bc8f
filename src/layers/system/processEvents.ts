/** Events of this process. */
import * as Effect from "effect/Effect"
import type * as Scope from "effect/Scope"
import { constants } from "node:os"
import type { EndSignal } from "../../schema/protocol/Control.ts"
import { inheritedSignals } from "./inherited.ts"

const END_SIGNALS: ReadonlyArray<EndSignal> = ["SIGINT", "SIGTERM", "SIGHUP"]

/** Listeners of signals, and of `exit`. */
export type ProcessEvents = Readonly<Record<string, () => void>>

/** What a caller has ignored so that it does not end or stop us: nohup(1), or a script that starts us with `&`. */
const KEPT = ["SIGHUP", "SIGINT", "SIGQUIT", "SIGTERM", "SIGTSTP"] as const

/** Those of them that our caller has ignored. */
const ignored = new Set<string>()

/** Ignores what our caller has ignored: Node's start makes it end this process. Called once, at the start. */
export const ignoreInherited = (): void => {
  const set = BigInt(`0x${inheritedSignals()?.ignored ?? "0"}`)
  for (const name of KEPT) {
    if (((set >> BigInt(constants.signals[name] - 1)) & 1n) === 0n) continue
    ignored.add(name)
    process.on(name, () => {})
  }
}

/**
 * Listens until the returned function is called. A signal with a listener has no default action. One that our caller
 * has ignored is not heard. For code outside of Effect; other code uses `listening`.
 */
export const listen = (events: ProcessEvents): () => void => {
  const heard = Object.entries(events).filter(([event]) => !ignored.has(event))
  for (const [event, run] of heard) process.on(event, run)
  return () => {
    for (const [event, run] of heard) process.off(event, run)
  }
}

/** Called at the end, and at a signal that may not be the end. */
const cleanups = new Set<() => void>()

/** Called at the end only. */
const endings = new Set<() => void>()

const callAll = (all: ReadonlySet<() => void>) => {
  for (const call of all) call()
}

const atExit = () => {
  callAll(cleanups)
  callAll(endings)
}

/** When nothing else listens to the signal, it ends this process, as it would have without us. */
const cleanAndEnd = (signal: EndSignal) => {
  callAll(cleanups)
  if (process.listenerCount(signal) > 1) return
  callAll(endings)
  stopCleaning()
  process.kill(process.pid, signal)
}

let stopCleaning = () => {}

const register = (calls: Set<() => void>, call: () => void): () => void => {
  if (cleanups.size + endings.size === 0) stopCleaning = listen({ exit: atExit, ...endSignals(cleanAndEnd) })
  calls.add(call)
  return () => {
    if (calls.delete(call) && cleanups.size + endings.size === 0) stopCleaning()
  }
}

/**
 * Calls `clean`, which must not throw, at the end of this process, until the returned function is called; also at a
 * signal that something else listens to.
 */
export const cleanAtEnd = (clean: () => void): () => void => register(cleanups, clean)

/** As `cleanAtEnd`, but not while the process goes on. */
export const atEnd = (call: () => void): () => void => register(endings, call)

/** Listens while the scope is open. */
export const listening = (events: ProcessEvents): Effect.Effect<void, never, Scope.Scope> =>
  Effect.asVoid(Effect.acquireRelease(Effect.sync(() => listen(events)), (stop) => Effect.sync(stop)))

/** One listener for all signals that ask the process to end. */
export const endSignals = (onSignal: (signal: EndSignal) => void): Readonly<Record<EndSignal, () => void>> =>
  Object.fromEntries(END_SIGNALS.map((name) => [name, () => onSignal(name)])) as Record<EndSignal, () => void>
