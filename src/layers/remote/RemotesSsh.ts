import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import type { HostName } from "../../schema/HostName.ts"
import { AttachClient } from "../../services/AttachClient.ts"
import { Caller } from "../../services/Caller.ts"
import { DaemonLauncher } from "../../services/DaemonLauncher.ts"
import { EndedSessions } from "../../services/EndedSessions.ts"
import { EventLog } from "../../services/EventLog.ts"
import { HostMemory } from "../../services/HostMemory.ts"
import { Output } from "../../services/Output.ts"
import { type HostServices, Remotes } from "../../services/Remotes.ts"
import { SessionClient } from "../../services/SessionClient.ts"
import { SessionControl } from "../../services/SessionControl.ts"
import { SessionRegistry } from "../../services/SessionRegistry.ts"
import { type ConnectOptions, SshTransport } from "../../services/SshTransport.ts"
import { Tty } from "../../services/Tty.ts"
import * as AttachClientLive from "../attach/AttachClientLive.ts"
import * as SessionsLogged from "../events/SessionsLogged.ts"
import * as SessionControlLive from "../sessions/SessionControlLive.ts"
import { remoteAttacher, remoteCaller } from "./caller.ts"
import { makeHosts } from "./host.ts"
import { remoteEnded, remoteLauncher, remoteRegistry } from "./services.ts"
import { remoteClient } from "./socket.ts"

/**
 * Over ssh: the sesh on a host is run for a listing and to start a session (`sesh --serve`); a session is talked to over
 * its socket, as here.
 */
export const layer: Layer.Layer<Remotes, never, SshTransport | HostMemory | Caller | EventLog | Output | Tty> = Layer
  .effect(
    Remotes,
    Effect.gen(function*() {
      const transport = yield* SshTransport
      const hosts = yield* HostMemory
      const caller = yield* Caller
      const log = yield* EventLog
      const output = yield* Output
      const tty = yield* Tty
      const scope = yield* Effect.scope
      const hostOf = yield* makeHosts({ transport, hosts, version: caller.version })

      const at = Effect.fn("Remotes.at")(function*(name: HostName, options?: ConnectOptions) {
        const host = hostOf(name, options)
        const known = yield* host.remembered
        const homeBefore = Option.match(known, { onNone: () => "", onSome: ({ home }) => home })
        const there = remoteCaller(caller, () => host.asked()?.home ?? homeBefore)
        const attacher = remoteAttacher(caller, there, () => host.asked()?.agent)
        const client = remoteClient(transport, host)
        const ended = remoteEnded(host)
        const basis = Context.make(SessionClient, client).pipe(
          Context.add(EndedSessions, ended),
          Context.add(Output, output),
          Context.add(Tty, tty)
        )
        // Those of this machine are there already, and would be taken for them.
        const over = Layer.fresh(Layer.mergeAll(AttachClientLive.layer, SessionControlLive.layer)).pipe(
          Layer.provide(Layer.succeedContext(Context.add(basis, Caller, attacher)))
        )
        const live = yield* Layer.buildWithScope(over, scope)
        const services: Context.Context<HostServices> = Context.make(SessionClient, client).pipe(
          Context.add(EndedSessions, ended),
          Context.add(Caller, there),
          Context.add(SessionRegistry, remoteRegistry(client, host, caller.version)),
          Context.add(DaemonLauncher, remoteLauncher(host)),
          Context.add(AttachClient, Context.get(live, AttachClient)),
          Context.add(SessionControl, Context.get(live, SessionControl))
        )
        return SessionsLogged.logged(services, log, name)
      })

      return Remotes.of({ at, look: (name, options) => hostOf(name, options).look })
    })
  )
