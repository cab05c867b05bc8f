import * as Effect from "effect/Effect"
import { type HostName, hostWord } from "../../schema/HostName.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { hosts } from "../language/params.ts"
import { verb } from "../language/verb.ts"
import { explain } from "../words/failures.ts"
import { closest } from "../words/suggestions.ts"

/** `sesh --forget @<host>...`. */
export const forget = verb({
  name: "forget",
  help: {
    group: "On other hosts",
    form: "sesh --forget @<host>...",
    meaning: "no longer list and ask a host",
    details: [
      "`sesh` forgets what it remembers of each `<host>`: that it has worked there, the sessions of its last answer, and which of your files it has. Nothing changes on the host: its sessions go on, and so do your connections to it. The next use of the host makes it known again. A host that is not known is a failure, with exit status 1."
    ]
  },
  params: { hosts },
  run: ({ hosts }) => forgetAll(hosts)
})

const forgetAll = Effect.fn("forget")(function*(hosts: ReadonlyArray<HostName>) {
  const memory = yield* HostMemory
  const { note } = yield* Output
  const codes = yield* Effect.forEach(hosts, (host) =>
    Effect.gen(function*() {
      if (yield* memory.forget(host)) return yield* Effect.as(note(`[${host} is forgotten]`), 0)
      const close = closest(host, (yield* memory.names).map((name) => ({ name, shown: hostWord(name) })))
      const meant = close.length === 0 ? "" : `; did you mean ${close.join(" or ")}?`
      return yield* Effect.as(note(explain({ message: `${host} is not known${meant}` })), 1)
    }).pipe(Effect.catch((error) => Effect.as(note(explain(error)), 1))))
  return Math.max(...codes)
})
