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
import { Surroundings } from "../../services/Surroundings.ts"
import { Tty } from "../../services/Tty.ts"
import * as AttachClientLive from "../attach/AttachClientLive.ts"
import * as SessionsLogged from "../events/SessionsLogged.ts"
import * as SessionControlLive from "../sessions/SessionControlLive.ts"
import { remoteAttacher, remoteCaller } from "./caller.ts"
import { forgettingEnds } from "./ends.ts"
import { makeHosts } from "./host.ts"
import { makePrepared } from "./prepared.ts"
import { remoteControl, remoteEnded, remoteLauncher, remoteRegistry } from "./services.ts"
import { remoteClient } from "./socket.ts"

/**
 * Over ssh: runs the sesh on a host (`sesh --serve`) to list sessions and to start one. Connects to a session over its
 * socket, as on this machine.
 */
export const layer: Layer.Layer<
  Remotes,
  never,
  SshTransport | HostMemory | Caller | EventLog | Output | Surroundings | Tty
> = Layer
  .effect(
    Remotes,
    Effect.gen(function*() {
      const transport = yield* SshTransport
      const hosts = yield* HostMemory
      const caller = yield* Caller
      const log = yield* EventLog
      const output = yield* Output
      const surroundings = yield* Surroundings
      const tty = yield* Tty
      const scope = yield* Effect.scope
      const prepared = yield* makePrepared
      const hostOf = yield* makeHosts({ transport, hosts, version: caller.version })

      const at = Effect.fn("Remotes.at")(function*(name: HostName, options?: ConnectOptions) {
        const host = hostOf(name, options)
        const known = yield* host.remembered
        const rememberedHome = Option.match(known, { onNone: () => "", onSome: ({ home }) => home })
        const remote = remoteCaller(caller, () => host.asked()?.home ?? rememberedHome)
        // Who has no agent forwards none, whatever the host says.
        const agent = () => caller.agentSocket() === undefined ? undefined : host.asked()?.agent
        const attacher = remoteAttacher(caller, remote, agent)
        const { client } = remoteClient(transport, host, prepared)
        const ended = remoteEnded(host)
        const base = Context.make(SessionClient, client).pipe(
          Context.add(EndedSessions, ended),
          Context.add(Output, output),
          Context.add(Surroundings, surroundings),
          Context.add(Tty, tty)
        )
        // Fresh: the same layers of this machine are memoized already, and would be used instead.
        const clients = Layer.fresh(Layer.mergeAll(AttachClientLive.layer, SessionControlLive.layer)).pipe(
          Layer.provide(Layer.succeedContext(Context.add(base, Caller, attacher)))
        )
        const live = yield* Layer.buildWithScope(clients, scope)
        const services: Context.Context<HostServices> = Context.make(SessionClient, client).pipe(
          Context.add(EndedSessions, ended),
          Context.add(Caller, remote),
          Context.add(SessionRegistry, remoteRegistry(client, host, caller.version)),
          Context.add(DaemonLauncher, remoteLauncher(host, tty, output)),
          Context.add(AttachClient, Context.get(live, AttachClient)),
          Context.add(SessionControl, remoteControl(host, Context.get(live, SessionControl)))
        )
        return SessionsLogged.logged(forgettingEnds(services, name, hosts), log, name)
      })

      return Remotes.of({
        at,
        look: (name, options) => hostOf(name, options).look,
        prepare: (name, session, options) => remoteClient(transport, hostOf(name, options), prepared).prepare(session)
      })
    })
  )
