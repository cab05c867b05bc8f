import * as Layer from "effect/Layer"
import * as SessionDaemonLive from "../../src/layers/daemon/SessionDaemonLive.ts"
import * as PtyNode from "../../src/layers/pty/PtyNode.ts"
import * as ScrollbackRing from "../../src/layers/scrollback/ScrollbackRing.ts"
import * as SessionFilesDisk from "../../src/layers/sessions/SessionFilesDisk.ts"
import * as Machine from "../../src/layers/testing/Machine.ts"
import * as QueryResponderLive from "../../src/layers/vt/QueryResponderLive.ts"
import { machine } from "../fixtures/machine.ts"
import { programs, suite } from "./SessionDaemon.ts"

const real = SessionDaemonLive.layer.pipe(
  Layer.provide(
    Layer.mergeAll(PtyNode.layer, QueryResponderLive.layer, ScrollbackRing.layer(), SessionFilesDisk.layer)
  ),
  Layer.provideMerge(machine)
)

suite("SessionDaemonLive, on fakes", Machine.layer({ pty: programs }))
suite("SessionDaemonLive, on real terminals and sockets", real)
