import * as Flag from "effect/cli/Flag"
import * as Effect from "effect/Effect"
import { exitCode, exitCodeOf, type SessionSpec } from "../../schema/Session.ts"
import { LaunchError } from "../../services/DaemonLauncher.ts"
import { Output } from "../../services/Output.ts"
import { SessionControl, type Waited } from "../../services/SessionControl.ts"
import type { ConnectFailure } from "../../services/SshTransport.ts"
import { runOnHostWithFiles } from "../hosts/withFiles.ts"
import { command, flag, host, lastOr, newName, notEmpty } from "../language/params.ts"
import { checkVariables } from "../language/variables.ts"
import { type InputOf, verb } from "../language/verb.ts"
import { launch } from "../session/launch.ts"
import { newSpec } from "../session/newSpec.ts"
import { explainWithHost, onHostSuffix } from "../words/failures.ts"
import { type Failure, reportConnectionLost } from "../words/report.ts"
import { count } from "../words/text.ts"
import { earlySignals } from "./earlySignals.ts"
import { passSignals } from "./passSignals.ts"

const params = {
  host,
  command,
  print: flag("print", "print the command's output at its end"),
  keep: flag("keep", "keep the session, with a shell, after that"),
  // The last one counts: a script may add its own.
  dir: Flag.String("C").pipe(
    Flag.withMetavar("directory"),
    Flag.withDescription("run the command in this directory"),
    lastOr(undefined),
    notEmpty("directory")
  ),
  name: newName
}

type Exec = InputOf<typeof params>

/** sesh itself failed, the command cannot be run, there is no such command: the codes of env(1) and nohup(1). */
const SESH_FAILED = 125
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** How much of the output is printed: as much as a session keeps raw. */
const PRINT_BYTES = 1024 * 1024

const statusOf = (error: Failure): number => {
  if (!(error instanceof LaunchError)) return SESH_FAILED
  return error.kind === "not found" ? NOT_FOUND : error.kind === "not executable" ? NOT_EXECUTABLE : SESH_FAILED
}

const reportExecFailure = (error: Failure) =>
  Effect.flatMap(Output, ({ note }) => Effect.as(Effect.flatMap(explainWithHost(error), note), statusOf(error)))

/** `sesh --exec`: runs a command in a new session, and exits with its status. */
export const exec = verb({
  name: "exec",
  help: {
    group: "In scripts",
    form: "sesh --exec <name> [--print] [--keep] [-C <dir>] -- <command> [args...]",
    meaning: "run a command in a new session, exit with its status",
    details: [
      "There must be no session `<name>` yet. As long as the command runs, any terminal may watch it, or attach to it. Its input is the session's terminal, not the standard input of `sesh`.",
      "`SIGINT`, `SIGTERM` and `SIGHUP` are passed on to the command, and what still runs 3 seconds later is killed; a second signal does not wait. Before the command runs they end `sesh` itself. If `sesh` itself is killed, the command goes on.",
      "On another host, `sesh` goes on when the connection is back, however long that takes. A signal waits 3 seconds for that, then it ends `sesh`, and the command may still run."
    ],
    flags: {
      print:
        "To standard output, as the command wrote it. If it was more than the session keeps, the beginning is missing, and `sesh` says so on standard error.",
      keep:
        "Its output stays on the screen, and a shell goes on in the same directory and environment. `sesh` itself exits at once with the command's status.",
      dir: "Otherwise it runs in the current directory."
    }
  },
  params,
  // Checked here: the exit status of such a failure is another one.
  ignoresVariables: true,
  run: (request) => runChecked(request).pipe(Effect.catch(reportExecFailure))
})

const runChecked = Effect.fnUntraced(function*(request: Exec) {
  yield* checkVariables
  return yield* request.host === undefined
    ? run(request)
    : runOnHostWithFiles(request.host, (synced) => run(request, synced), reportExecFailure)
})

const run = Effect.fn("exec")(
  function*(request: Exec, synced: Effect.Effect<void, ConnectFailure> = Effect.void) {
    const { name } = request
    yield* synced
    const control = yield* SessionControl
    const { note } = yield* Output
    const spec: SessionSpec = {
      ...yield* newSpec({ ...request, awaited: true }),
      ...(request.keep ? { keep: true } : {})
    }
    const early = yield* earlySignals
    const launched = yield* Effect.raceFirst(
      launch(spec, { onAsked: early.onAsked, wantsStatus: !request.print }),
      early.givenUp
    )
    if (typeof launched === "string") {
      if (early.isAsked()) yield* note(`sesh: session ${name}${yield* onHostSuffix} may still start`)
      return exitCodeOf(launched)
    }
    const { id } = launched
    const signals = yield* passSignals(name, id)
    early.handOver(signals.pass)
    const capture = request.print ? PRINT_BYTES : 0
    const waited = yield* Effect.raceFirst(
      control.wait({ name, created: id, capture, onState: signals.onState }),
      signals.givenUp
    )
    if (typeof waited === "string") {
      yield* note(`sesh: the command may still run${yield* onHostSuffix}`)
      return exitCodeOf(waited)
    }
    if (request.print) yield* print(waited)
    return exitCode(waited.status)
  },
  Effect.scoped,
  (command) => reportConnectionLost(command, "; the command may still run")
)

const print = Effect.fnUntraced(function*({ before, output }: Waited) {
  const { note, write } = yield* Output
  if (output === undefined) return yield* note("sesh: the output is not held any more")
  if (before > 0) yield* note(`sesh: the first ${count(before, "byte")} of the output are not held any more`)
  yield* write([withoutReturns(Buffer.concat(output))])
})

/** Removes the CR that the terminal puts before each LF (termios(3), ONLCR). */
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
