/** A program on a host, through three streams: what its login scripts say is kept apart, and its end comes last. */
import * as Effect from "effect/Effect"
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
import { HeldStream } from "./heldStream.ts"
import { lastLine } from "./sanitize.ts"
import type { NotYetStarted, Started } from "./startProgram.ts"

/** Bytes of login scripts' chatter before the program starts. */
const MAX_CHATTER_BYTES = 64 * 1024

/** Tells this program's output from what was printed before it. Unlike a secret it need only be unlikely. */
export const newMarker: Effect.Effect<string> = Effect.map(newId, (id) => `sesh-${id}`)

export interface Pipes {
  readonly stdin: Writable
  readonly stdout: Readable
  readonly stderr: Readable
  /** Lets go of the program and of all three. */
  readonly drop: () => void
}

export class PipedProgram {
  private readonly stdin: Writable
  private readonly stdout: HeldStream
  private readonly stderr: HeldStream
  private handlers: ProgramHandlers | undefined
  /** What came before the marker, on both outputs. */
  private chatter: Buffer = Buffer.alloc(0)
  private readonly complaints = new BoundedBytes({ last: MAX_CHATTER_BYTES })
  private isRunning = false
  private paused = false
  private holding = false
  private over: ExitStatus | ConnectionLost | undefined
  private told = false
  private readonly host: string
  private readonly pipes: Pipes
  private readonly marker: Buffer
  private readonly onStarted: (started: Started) => void

  constructor(host: string, pipes: Pipes, marker: string, onStarted: (started: Started) => void) {
    this.host = host
    this.pipes = pipes
    this.marker = Buffer.from(`${marker}\n`)
    this.onStarted = onStarted
    this.stdin = pipes.stdin
    this.stdin.on("error", () => undefined)
    this.stdout = new HeldStream(pipes.stdout)
    this.stderr = new HeldStream(pipes.stderr)
    this.stdout.to((bytes) => this.seek(bytes))
    this.stderr.to((bytes) => this.complaints.add(bytes))
    this.stdout.open()
    this.stderr.open()
  }

  readonly program: RemoteProgram = {
    listen: (handlers) => {
      this.handlers = handlers
      this.stdout.to((bytes) => this.told || handlers.onData(bytes))
      this.stderr.to((bytes) => this.told || handlers.onStderr(bytes))
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
    this.told = true
    this.stdout.close()
    this.stderr.close()
    this.pipes.drop()
  }

  /** Everything before the marker is the login scripts'. */
  private seek(bytes: Buffer): void {
    this.chatter = Buffer.concat([this.chatter, bytes])
    const at = this.chatter.indexOf(this.marker)
    if (at >= 0) {
      this.isRunning = true
      this.stdout.close()
      this.stderr.close()
      this.stdout.putBack(this.chatter.subarray(at + this.marker.length))
      this.stderr.putBack(this.complaints.bytes)
      this.onStarted({ program: this.program })
    } else if (this.chatter.length > MAX_CHATTER_BYTES) {
      const error = new NoShell({ host: this.host, words: "its login scripts print without end" })
      this.onStarted({ _tag: "Failed", error })
      this.destroy()
    }
  }

  private flow(): void {
    if (!this.paused && !this.told) this.stderr.open()
    if (!this.paused && !this.told) this.stdout.open()
    this.tellExit()
  }

  /** Not the stream's own "drain": when that comes is the stream's to say, and what is too much is ours. */
  private readonly onWritten = (): void => {
    if (!this.holding || this.stdin.writableLength > 0 || this.over !== undefined || this.told) return
    this.holding = false
    this.handlers?.onDrain()
  }

  private tellExit(): void {
    const { handlers, over } = this
    if (over === undefined || handlers === undefined || this.paused || this.told) return
    if (!this.stdout.isEmpty || !this.stderr.isEmpty) return
    this.told = true
    handlers.onExit(over)
  }

  /** It is over, and both outputs have ended. `opened`: the host was asked to start it. */
  finish(end: ExitStatus | ConnectionLost, opened: true | Extract<NotYetStarted, { readonly _tag: "Again" }>): void {
    if (!this.isRunning) this.onStarted(opened === true ? this.failed(end) : opened)
    this.over = end
    this.tellExit()
  }

  private failed(end: ExitStatus | ConnectionLost): NotYetStarted {
    if ("_tag" in end) return { _tag: "Failed", error: end }
    const words = lastLine(`${this.complaints.bytes.toString()}\n${this.chatter.toString()}`)
    return { _tag: "Failed", error: new NoShell({ host: this.host, words }) }
  }
}
