/** Sends an executable to a program on a host that installs it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ExitStatus } from "../../schema/Session.ts"
import type { DeployProgress, DeployStep } from "../../services/Deployer.ts"
import type { ConnectionLost, RemoteProgram } from "../../services/SshTransport.ts"
import { makeRate, REPORT_EVERY_MS } from "../system/meter.ts"
import type { ExecutableUnreadable, Packed } from "./executable.ts"
import { makeCollector, type ProgramOutput } from "./programOutput.ts"

/** Without a sign of life: a checksum, a first run, and a slow disk. */
const SILENCE_MS = 120_000

/** The host's answer, with what it has already. */
const READY = /^ready (\d{1,15})\r?\n/m

export interface Sent extends ProgramOutput {
  /** Undefined: it did not answer in time. */
  readonly end: ExitStatus | ConnectionLost | undefined
  /** Its last step. */
  readonly step: DeployStep
  /** Bytes that the host had from an earlier connection. */
  readonly before: number
  /** Why the executable could not be read. */
  readonly failure: ExecutableUnreadable | undefined
}

/** Reports the recent rate, and the progress. */
const makeMeter = (report: (progress: DeployProgress) => void, packed: Packed) => {
  const rate = makeRate()
  return (now: number, sent: number) =>
    report({ _tag: "Sending", sent, total: Math.max(sent, packed.total()), rate: rate(now, sent) })
}

/**
 * Sends nothing before the program is `ready`, then what it does not have from an earlier connection. Returns the
 * program's output at its end.
 */
export const send = (
  program: RemoteProgram,
  packed: () => Packed,
  report: (progress: DeployProgress) => void
): Effect.Effect<Sent> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.callback((resume) => {
      const { onData, onStderr, output } = makeCollector()
      let source: Packed | undefined
      let meter: ReturnType<typeof makeMeter> | undefined
      let next = 0
      let sent = 0
      let before = 0
      /** Of the file, with what the host had. */
      let passed = 0
      let over = false
      let timer: NodeJS.Timeout | undefined
      let silenceTimer: NodeJS.Timeout | undefined
      let step: DeployStep = "prepare"

      const restartSilence = () => {
        clearTimeout(silenceTimer)
        silenceTimer = setTimeout(() => finish(undefined), SILENCE_MS)
      }
      const stop = () => {
        over = true
        clearInterval(timer)
        clearTimeout(silenceTimer)
      }
      const finish = (end: Sent["end"], failure?: ExecutableUnreadable) => {
        if (over) return
        stop()
        resume(Effect.succeed({ ...output(), end, step, before, failure }))
      }
      const push = () => {
        if (over || source === undefined) return
        restartSilence()
        while (next < source.chunks.length) {
          const chunk = source.chunks[next++]!
          const from = Math.max(0, before - passed)
          passed += chunk.length
          if (from >= chunk.length) continue
          sent += chunk.length - from
          if (!program.write(from === 0 ? chunk : chunk.subarray(from))) return
        }
        if (source.failure() !== undefined) return finish(undefined, source.failure())
        if (!source.isWhole()) return source.more(push)
        clearInterval(timer)
        program.end()
        meter!(clock.currentTimeMillisUnsafe(), sent)
        report({ _tag: "Doing", what: "checking" })
        step = "run"
      }
      const begin = (there: number) => {
        before = sent = there
        source = packed()
        step = "transfer"
        const measure = makeMeter(report, source)
        meter = measure
        timer = setInterval(() => measure(clock.currentTimeMillisUnsafe(), sent), REPORT_EVERY_MS)
        push()
      }

      restartSilence()
      program.listen({
        onData: (bytes) => {
          onData(bytes)
          const ready = source === undefined ? READY.exec(output().stdout.toString()) : null
          if (ready !== null) begin(Number(ready[1]))
        },
        onStderr,
        onDrain: push,
        onExit: (end) => finish(end)
      })
      return Effect.sync(stop)
    }))
