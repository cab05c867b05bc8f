/** One push in a process of its own, as a connect does it: its milliseconds, and what came of it. */
import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CallerProcess from "../../src/layers/console/CallerProcess.ts"
import * as OperatingSystemProcess from "../../src/layers/console/OperatingSystemProcess.ts"
import * as ProgressTerminal from "../../src/layers/console/ProgressTerminal.ts"
import * as EventLogSilent from "../../src/layers/events/EventLogSilent.ts"
import * as PathsXdg from "../../src/layers/paths/PathsXdg.ts"
import * as HostMemoryFiles from "../../src/layers/remote/HostMemoryFiles.ts"
import * as SshTransportOpenSsh from "../../src/layers/ssh/openssh/SshTransportOpenSsh.ts"
import * as FileSyncLive from "../../src/layers/sync/FileSyncLive.ts"
import * as RsyncRunnerRsync from "../../src/layers/sync/RsyncRunnerRsync.ts"
import * as ScpRunnerScp from "../../src/layers/sync/ScpRunnerScp.ts"
import * as OutputFake from "../../src/layers/testing/OutputFake.ts"
import type { HostName } from "../../src/schema/HostName.ts"
import { FileSync } from "../../src/services/FileSync.ts"

const [config = ""] = process.argv.slice(2)
const host = "web" as HostName

const layers = FileSyncLive.layer.pipe(
  Layer.provideMerge(Layer.merge(RsyncRunnerRsync.layer, ScpRunnerScp.layer)),
  Layer.provideMerge(SshTransportOpenSsh.layer({ config })),
  Layer.provideMerge(HostMemoryFiles.layer),
  Layer.provideMerge(ProgressTerminal.layer),
  Layer.provideMerge(PathsXdg.layer),
  Layer.provideMerge(EventLogSilent.layer),
  Layer.provideMerge(OutputFake.layer({ isTerminal: false })),
  Layer.provideMerge(Layer.merge(CallerProcess.layer("0.0.0"), OperatingSystemProcess.layer))
)

const program = Effect.gen(function*() {
  const { push } = yield* FileSync
  const begin = process.hrtime.bigint()
  const outcome = yield* push(host)
  return { ms: Number(process.hrtime.bigint() - begin) / 1e6, outcome: outcome._tag }
})

console.log(JSON.stringify(await Effect.runPromise(Effect.provide(program, layers))))
process.exit(0)
