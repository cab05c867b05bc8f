import { describe, it } from "@effect/vitest"
import * as Effect from "effect/Effect"
import type * as Layer from "effect/Layer"
import type { SshTransport } from "../../src/services/SshTransport.ts"
import type { Lab } from "../support/sshSuite.ts"
import type { Test } from "./ssh/common.ts"
import { connections } from "./ssh/connections.ts"
import { hosts } from "./ssh/hosts.ts"
import { programs } from "./ssh/programs.ts"
import { sockets } from "./ssh/sockets.ts"

/** What {@link SshTransport} promises, in any layer. */
export const suite = <E>(name: string, layer: Layer.Layer<SshTransport | Lab, E>) =>
  describe(name, () => {
    const test: Test = (name, effect) => it.live(name, () => Effect.scoped(effect).pipe(Effect.provide(layer)), 120_000)
    programs(test)
    sockets(test)
    hosts(test)
    connections(test)
  })
