/** The suites of services that a command knows from here, against those of another host. */
import * as Context from "effect/Context"
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { channelConnection } from "../../src/layers/connection/channelConnection.ts"
import * as RemotesSsh from "../../src/layers/remote/RemotesSsh.ts"
import { channelPair } from "../../src/layers/testing/network/channelPair.ts"
import * as Network from "../../src/layers/testing/network/NetworkTestRef.ts"
import * as SessionServerFake from "../../src/layers/testing/SessionServerFake.ts"
import * as SshTransportFake from "../../src/layers/testing/SshTransportFake.ts"
import { HostError } from "../../src/services/HostError.ts"
import { NoSession } from "../../src/services/NoSession.ts"
import { Remotes } from "../../src/services/Remotes.ts"
import { SessionClient } from "../../src/services/SessionClient.ts"
import { type SessionControl } from "../../src/services/SessionControl.ts"
import { type SessionRegistry } from "../../src/services/SessionRegistry.ts"
import { SessionServer } from "../../src/services/SessionServer.ts"
import { hosted } from "../fixtures/hosted.ts"
import { plainSession } from "../fixtures/session.ts"
import { machineOf, sshHostOf } from "../support/machines.ts"
import { here, web } from "./Remotes.ts"
import { suite as controlSuite } from "./SessionControl.ts"
import { Sessions, suite as registrySuite } from "./SessionRegistry.ts"
import { suite as serverSuite } from "./SessionServer.ts"

const broken = ({ message }: { readonly message: string }) =>
  new HostError({ host: "here", problem: message, kind: "lost" })

const overChannels = Layer.effect(
  SessionClient,
  Effect.map(Network.NetworkTestRef, ({ listeners }) =>
    SessionClient.of({
      host: undefined,
      mayAsk: false,
      agent: Effect.succeedNone,
      connect: (name) =>
        Effect.gen(function*() {
          const accept = listeners.get(name)
          if (accept === undefined) return yield* new NoSession({ name, stale: false })
          const { far, near } = channelPair<HostError>()
          accept(channelConnection(far, broken))
          return yield* Effect.acquireRelease(
            Effect.sync(() => channelConnection(near, broken)),
            (connection) => Effect.sync(connection.destroy)
          )
        })
    }))
).pipe(Layer.provideMerge(SessionServerFake.layer), Layer.provide(Network.layer()))

serverSuite("SessionServerFake, SessionClient over channels", overChannels)

const machine = machineOf()

/** The services of a fake host, and the machine behind it. `sealed`: its sshd forwards no sockets. */
const there = (sealed: boolean) =>
  Layer.effectContext(Effect.gen(function*() {
    const behind = yield* Layer.build(machine)
    const hosts = SshTransportFake.layer({ web: { ...sshHostOf(behind), forwardsNothing: sealed } })
    const remotes = yield* Layer.build(RemotesSsh.layer.pipe(Layer.provide(hosts)))
    const { at, look } = Context.get(remotes, Remotes)
    // Who lists sessions connects to them, and the suites count connections.
    yield* Effect.orDie(look(web))
    return Context.merge(behind, yield* at(web))
  })).pipe(Layer.provide(here))

const sessions = Layer.effect(
  Sessions,
  Effect.map(SessionServer, (server) => ({
    start: (name, given) =>
      plainSession(name, given).pipe(Effect.provideService(SessionServer, server), Effect.asVoid, Effect.orDie)
  }))
)

for (const [way, sealed] of [["by its socket", false], ["by a bridge", true]] as const) {
  const layer = Layer.mergeAll(hosted, sessions).pipe(Layer.provideMerge(there(sealed)))
  serverSuite(`SessionServerFake, SessionClient on another host, ${way}`, layer)
  registrySuite(`SessionRegistry on another host, ${way}`, layer as Layer.Layer<SessionRegistry | Sessions>)
  controlSuite(`on another host, ${way}`, layer as Layer.Layer<SessionControl | Layer.Success<typeof hosted>>)
}
