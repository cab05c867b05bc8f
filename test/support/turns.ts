/** The event loop as a measure: what should not happen is given the chance to, however busy the machine is. */
import * as Effect from "effect/Effect"
import { setImmediate as turn } from "node:timers/promises"

/** More than anything within this process takes to pass on what the kernel, or a fake, has for it. */
const TURNS = 50

/** Afterwards all that was on its way to this process, in sockets, pipes and terminals, has been told. */
export const turns: Effect.Effect<void> = Effect.promise(async () => {
  for (let n = 0; n < TURNS; n++) await turn()
})
