import * as Effect from "effect/Effect"
import { GRACE_MS } from "../../schema/protocol/Control.ts"
import { exitCode, type SessionSpec } from "../../schema/Session.ts"
import { LaunchError } from "../../services/DaemonLauncher.ts"
import { Output } from "../../services/Output.ts"
import { SessionControl, type Waited } from "../../services/SessionControl.ts"
import { type EndSignal, Signals } from "../../services/Signals.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"
import { type Failure, orLost } from "../hosts/onHost.ts"
import { thereSynced } from "../hosts/withFiles.ts"
import type { Ask } from "../language/request.ts"
import { launch } from "../session/launch.ts"
import { newSpec } from "../session/newSpec.ts"
import { explainThere } from "../words/failures.ts"
import { count } from "../words/text.ts"

type Exec = Ask<"Exec">

/** sesh itself failed, the command cannot be run, there is no such command: as env(1) and nohup(1) say it. */
const SESH_FAILED = 125
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** So much of the output is printed: all that a session holds raw. */
const PRINT_BYTES = 1024 * 1024

const statusOf = (error: Failure): number => {
  if (!(error instanceof LaunchError)) return SESH_FAILED
  return error.kind === "not found" ? NOT_FOUND : error.kind === "not executable" ? NOT_EXECUTABLE : SESH_FAILED
}

const tell = (error: Failure) =>
  Effect.flatMap(Output, ({ note }) => Effect.as(Effect.flatMap(explainThere(error), note), statusOf(error)))

/** `sesh --exec`: runs a command in a session of its own, and ends as it does. */
export const exec = (request: Exec) =>
  request.host === undefined
    ? run(request).pipe(Effect.catch(tell))
    : thereSynced(request.host, (synced) => run(request, synced), tell)

const run = Effect.fn("exec")(
  function*(request: Exec, synced: Effect.Effect<void, ConnectFailure> = Effect.void) {
    const { name } = request
    yield* synced
    const control = yield* SessionControl
    const spec: SessionSpec = {
      ...yield* newSpec({ ...request, awaited: true }),
      ...(request.keep ? { keep: true } : {})
    }
    // Listened for from here on: a signal must not leave a command behind that nobody knows of.
    const heard: Array<EndSignal> = []
    let pass = (signal: EndSignal) => void heard.push(signal)
    yield* (yield* Signals).listen((signal) => pass(signal))
    const { id } = yield* launch(spec)
    const fork = Effect.runForkWith(yield* Effect.context<never>())
    let asked = 0
    pass = (signal) => {
      // Who asks twice does not want to wait.
      fork(Effect.ignore(control.signal({ name, created: id, signal, graceMs: asked++ === 0 ? GRACE_MS : 0 })))
    }
    for (const signal of heard) pass(signal)
    const waited = yield* control.wait({ name, created: id, capture: request.print ? PRINT_BYTES : 0 })
    if (request.print) yield* print(waited)
    return exitCode(waited.status)
  },
  Effect.scoped,
  (command) => orLost(command, "; the command may still run")
)

/** Without the CR that the terminal puts before each LF (termios(3), ONLCR). */
const print = Effect.fnUntraced(function*({ before, output }: Waited) {
  const { note, write } = yield* Output
  if (output === undefined) return yield* note("sesh: the output is not held any more")
  if (before > 0) yield* note(`sesh: the first ${count(before, "byte")} of the output are not held any more`)
  yield* write([withoutReturns(Buffer.concat(output))])
})

export const withoutReturns = (bytes: Buffer): Buffer => {
  const CR = 0x0d
  const LF = 0x0a
  const kept = Buffer.allocUnsafe(bytes.length)
  let length = 0
  for (let at = 0; at < bytes.length; at++) {
    if (bytes[at] !== CR || bytes[at + 1] !== LF) kept[length++] = bytes[at]!
  }
  return kept.subarray(0, length)
}
