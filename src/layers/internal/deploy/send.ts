/** Sends our executable to a program on a host that installs it. */
import * as Clock from "effect/Clock"
import * as Effect from "effect/Effect"
import type { ExitStatus } from "../../../schema/Session.ts"
import type { DeployProgress, DeployStep } from "../../../services/Deployer.ts"
import type { ConnectionLost, RemoteProgram } from "../../../services/SshTransport.ts"
import { ANSWER_LIMIT, WORDS_LIMIT } from "./answers.ts"
import type { Packed } from "./executable.ts"

/** Milliseconds between two reports. */
const REPORT_EVERY = 200

/** Reports that a rate is taken over: three seconds of them. */
const RATE_OVER = 15

/** Milliseconds without a sign of life: a checksum, a first run, and a disk that is slow. */
const PATIENCE = 120_000

export interface Sent {
  readonly stdout: Buffer
  readonly stderr: Buffer
  /** Undefined: it did not answer in time. */
  readonly end: ExitStatus | ConnectionLost | undefined
  /** What it was doing last. */
  readonly step: DeployStep
  /** Why it could not be read here. */
  readonly failure: string | undefined
}

/** Speed of late, and where it is. */
const makeMeter = (report: (progress: DeployProgress) => void, packed: Packed) => {
  const points: Array<readonly [at: number, sent: number]> = []
  return (now: number, sent: number) => {
    points.push([now, sent])
    if (points.length > RATE_OVER) points.shift()
    const [at, before] = points[0]!
    const rate = now > at ? Math.round((sent - before) / (now - at) * 1000) : 0
    report({ _tag: "Sending", sent, total: Math.max(sent, packed.total()), rate })
  }
}

/** Says nothing before the program is `ready`, and gives what it said in the end. */
export const send = (
  program: RemoteProgram,
  packed: () => Packed,
  report: (progress: DeployProgress) => void
): Effect.Effect<Sent> =>
  Effect.flatMap(Clock.Clock, (clock) =>
    Effect.callback((resume) => {
      let stdout = Buffer.alloc(0)
      let stderr = Buffer.alloc(0)
      let source: Packed | undefined
      let meter: ReturnType<typeof makeMeter> | undefined
      let next = 0
      let sent = 0
      let over = false
      let timer: NodeJS.Timeout | undefined
      let patience: NodeJS.Timeout | undefined
      let step: DeployStep = "prepare"

      const wait = () => {
        clearTimeout(patience)
        patience = setTimeout(() => finish(undefined), PATIENCE)
      }
      const stop = () => {
        over = true
        clearInterval(timer)
        clearTimeout(patience)
      }
      const finish = (end: Sent["end"], failure?: string) => {
        if (over) return
        stop()
        resume(Effect.succeed({ stdout, stderr, end, step, failure }))
      }
      const push = () => {
        if (over || source === undefined) return
        wait()
        while (next < source.chunks.length) {
          const chunk = source.chunks[next++]!
          sent += chunk.length
          if (!program.write(chunk)) return
        }
        if (source.failure() !== undefined) return finish(undefined, source.failure())
        if (!source.isWhole()) return source.more(push)
        clearInterval(timer)
        program.end()
        meter!(clock.currentTimeMillisUnsafe(), sent)
        report({ _tag: "Doing", what: "checking" })
        step = "run"
      }
      const begin = () => {
        source = packed()
        step = "transfer"
        const tell = makeMeter(report, source)
        meter = tell
        timer = setInterval(() => tell(clock.currentTimeMillisUnsafe(), sent), REPORT_EVERY)
        push()
      }

      wait()
      program.listen({
        onData: (bytes) => {
          if (stdout.length < ANSWER_LIMIT) stdout = Buffer.concat([stdout, bytes])
          if (source === undefined && /^ready$/m.test(stdout.toString())) begin()
        },
        onStderr: (bytes) => {
          stderr = Buffer.concat([stderr, bytes]).subarray(-WORDS_LIMIT)
        },
        onDrain: push,
        onExit: (end) => finish(end)
      })
      return Effect.sync(stop)
    }))
