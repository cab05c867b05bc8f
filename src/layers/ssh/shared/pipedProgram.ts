/**
 * A program on a host, through three streams: the output of its login scripts is kept apart, and its end comes last.
 */
import * as Effect from "effect/Effect"
import * as Result from "effect/Result"
import type { Readable, Writable } from "node:stream"
import { BoundedBytes } from "../../../schema/Bytes.ts"
import { newId } from "../../../schema/Id.ts"
import type { ExitStatus } from "../../../schema/Session.ts"
import { HIGH_WATER_BYTES } from "../../../services/Connection.ts"
import {
  type ConnectionLost,
  NoShell,
  type ProgramHandlers,
  type RemoteProgram
} from "../../../services/SshTransport.ts"
import { EndMark, endMarkOf } from "./endMark.ts"
import { PausableStream } from "./pausableStream.ts"
import { lastLine } from "./sanitize.ts"
import type { NotYetStarted, Started } from "./startProgram.ts"

/** Bytes that login scripts may print before the program starts. */
const MAX_LOGIN_OUTPUT_BYTES = 64 * 1024

/** Separates the program's output from what was printed before it. It is not a secret: unlikely is enough. */
export const newMarker: Effect.Effect<string> = Effect.map(newId, (id) => `sesh-${id}`)

export interface Pipes {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Destroys the program and all three streams. */
  readonly drop: () => void
}

export class PipedProgram {
  private readonly stdin: Writable
  private readonly stdout: PausableStream
  private readonly stderr: PausableStream
  private handlers: ProgramHandlers | undefined
  /** Output before the marker, on standard output and standard error. */
  private loginOutput: Buffer = Buffer.alloc(0)
  private readonly loginStderr = new BoundedBytes({ last: MAX_LOGIN_OUTPUT_BYTES })
  private isRunning = false
  private paused = false
  private holding = false
  private over: ExitStatus | ConnectionLost | undefined
  private reported = false
  private readonly host: string
  private readonly pipes: Pipes
  private ends: readonly [EndMark, EndMark] | undefined
  private readonly markerText: string
  private readonly marker: Buffer
  private readonly onStarted: (started: Started) => void

  constructor(host: string, pipes: Pipes, marker: string, onStarted: (started: Started) => void) {
    this.host = host
    this.pipes = pipes
    this.markerText = marker
    this.marker = Buffer.from(`${marker}\n`)
    this.onStarted = onStarted
    this.stdin = pipes.stdin
    this.stdin.on("error", () => undefined)
    this.stdout = new PausableStream(pipes.stdout)
    this.stderr = new PausableStream(pipes.stderr)
    this.stdout.to((bytes) => this.seek(bytes))
    this.stderr.to((bytes) => this.loginStderr.add(bytes))
    this.stdout.open()
    this.stderr.open()
  }

  readonly program: RemoteProgram = {
    listen: (handlers) => {
      this.handlers = handlers
      const mark = endMarkOf(this.markerText)
      const isOpen = () => !this.paused
      const ends = [handlers.onData, handlers.onStderr].map((tell) =>
        new EndMark(mark, (bytes) => void (this.reported || tell(bytes)), isOpen)
      ) as [EndMark, EndMark]
      this.ends = ends
      for (const [index, stream] of [this.stdout, this.stderr].entries()) {
        stream.to((bytes) => {
          ends[index]!.take(bytes)
          this.lookAtEnds()
        })
      }
      queueMicrotask(() => this.flow())
    },
    write: (bytes) => {
      if (this.over !== undefined || !this.stdin.writable) return true
      this.stdin.write(bytes, this.onWritten)
      if (this.stdin.writableLength > HIGH_WATER_BYTES) this.holding = true
      return !this.holding
    },
    pause: () => {
      this.paused = true
      this.stdout.close()
      this.stderr.close()
    },
    resume: () => {
      this.paused = false
      if (this.handlers !== undefined) queueMicrotask(() => this.flow())
    },
    end: () => void this.stdin.end(),
    destroy: () => this.destroy()
  }

  /** No handler is called any more. */
  destroy(): void {
    this.reported = true
    for (const end of this.ends ?? []) end.drop()
    this.stdout.close()
    this.stderr.close()
    this.pipes.drop()
  }

  /** Everything before the marker comes from the login scripts. */
  private seek(bytes: Buffer): void {
    this.loginOutput = Buffer.concat([this.loginOutput, bytes])
    const at = this.loginOutput.indexOf(this.marker)
    if (at >= 0) {
      this.isRunning = true
      this.stdout.close()
      this.stderr.close()
      this.stdout.putBack(this.loginOutput.subarray(at + this.marker.length))
      this.stderr.putBack(this.loginStderr.bytes)
      this.onStarted(Result.succeed(this.program))
    } else if (this.loginOutput.length > MAX_LOGIN_OUTPUT_BYTES) {
      const error = new NoShell({ host: this.host, words: "its login scripts print without end" })
      this.onStarted(Result.fail(error))
      this.destroy()
    }
  }

  private flow(): void {
    if (!this.paused && !this.reported) this.stderr.open()
    if (!this.paused && !this.reported) this.stdout.open()
    this.reportExit()
  }

  /** Not the stream's own "drain" event: it comes at the stream's limit, not at ours. */
  private readonly onWritten = (): void => {
    if (!this.holding || this.stdin.writableLength > 0 || this.over !== undefined || this.reported) return
    this.holding = false
    this.handlers?.onDrain()
  }

  private reportExit(): void {
    const { handlers, over } = this
    if (over === undefined || handlers === undefined || this.paused || this.reported) return
    if (!this.stdout.isEmpty || !this.stderr.isEmpty) return
    for (const end of this.ends ?? []) end.flush()
    if (this.isHeld()) return
    this.reported = true
    handlers.onExit(over)
  }

  /** A method, because a handler may pause meanwhile. */
  private isHeld(): boolean {
    return this.paused || this.reported
  }

  /** The program has ended once both marks have come, whoever keeps the streams open. */
  private lookAtEnds(): void {
    const [out, err] = this.ends ?? []
    if (out?.code === undefined || err?.code === undefined) return
    this.over ??= { code: out.code }
    this.reportExit()
  }

  /** The program ended, and both outputs too. `opened`: the host was asked to start it. */
  finish(end: ExitStatus | ConnectionLost, opened: true | NotYetStarted): void {
    if (!this.isRunning) this.onStarted(Result.fail(opened === true ? this.failed(end) : opened))
    this.over ??= end
    this.reportExit()
  }

  private failed(end: ExitStatus | ConnectionLost): ConnectionLost | NoShell {
    if ("_tag" in end) return end
    const words = lastLine(`${this.loginStderr.bytes.toString()}\n${this.loginOutput.toString()}`)
    return new NoShell({ host: this.host, words })
  }
}
