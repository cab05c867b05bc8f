/** Says what a host is waited for, when that takes long. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type * as Fiber from "effect/Fiber"
import * as FiberSet from "effect/FiberSet"
import type { HostName } from "../../schema/HostName.ts"
import { Output } from "../../services/Output.ts"
import type { Awaited, ConnectOptions, Wait } from "../../services/SshTransport.ts"
import { progressLine } from "./progressLine.ts"

/** Who waits for longer wants to know for what. */
const TELL_AFTER_MS = 3000

/** Between two looks at what is waited for. */
const LOOK_MS = 500

/** A wait that begins so soon after another one goes on with it. */
const GAP_MS = 500

const TEXTS: Readonly<Record<Awaited, (host: string) => string>> = {
  config: (host) => `the commands in your ssh configuration of ${host}`,
  connection: (host) => `${host} to answer`,
  login: (host) => `${host} to let us in`,
  place: (host) => `a free session on the connection to ${host}`,
  shell: (host) => `the login scripts of ${host}`,
  answer: (host) => `the answer of sesh on ${host}`,
  session: (host) => `the session on ${host} to answer`
}

/** What is waited for, of several waits the one that began last. */
const waitText = (host: string, awaited: Awaited): string => `waiting for ${TEXTS[awaited](host)} (Ctrl-C gives up)`

/**
 * Hears of the waits of one command for a host, until the scope closes. After three seconds a line on the terminal says
 * what is waited for; where others write to it too, a line that stays, once.
 */
export const tellWaits = Effect.fnUntraced(function*(host: HostName) {
  const clock = yield* Clock.Clock
  const { note } = yield* Output
  const run = yield* FiberSet.makeRuntime<Effect.Services<typeof progressLine>>()
  const waits = new Set<Wait>()
  let since = 0
  let endedAt = -Infinity
  let hasNoted = false
  let hide = () => {}
  let telling: Fiber.Fiber<void> | undefined

  const tell = Effect.gen(function*() {
    const line = yield* progressLine
    yield* Effect.sleep(Math.max(0, since + TELL_AFTER_MS - clock.currentTimeMillisUnsafe()))
    hide = () => line("")
    while (true) {
      const wait = [...waits].at(-1)
      const awaited = wait?.awaited()
      const text = awaited === undefined ? "" : waitText(host, awaited)
      if (wait?.isTerminalShared !== true) line(text)
      else if (text !== "" && !hasNoted) {
        hasNoted = true
        line("")
        yield* note(`[${text}]`)
      }
      yield* Effect.sleep(LOOK_MS)
    }
  }).pipe(Effect.scoped)

  const onWait: NonNullable<ConnectOptions["onWait"]> = (wait) => {
    const now = clock.currentTimeMillisUnsafe()
    if (waits.size === 0) {
      if (now - endedAt > GAP_MS) since = now
      telling = run(tell)
    }
    waits.add(wait)
    return () => {
      if (!waits.delete(wait) || waits.size > 0) return
      endedAt = clock.currentTimeMillisUnsafe()
      hide()
      telling?.interruptUnsafe()
    }
  }
  return onWait
})
