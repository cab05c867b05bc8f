/** A program on a host, through an ssh process that hands its pipes to the master. */
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import type * as ChildProcess from "node:child_process"
import type * as Net from "node:net"
import type { HostName } from "../../../schema/HostName.ts"
import type { ExitStatus } from "../../../schema/Session.ts"
import { HIGH_WATER } from "../../../services/Connection.ts"
import {
  ConnectionLost,
  NoShell,
  type ProgramHandlers,
  type RemoteProgram,
  type SshMissing
} from "../../../services/SshTransport.ts"
import * as Child from "./child.ts"
import { remoteCommand } from "./command.ts"
import { explainLoss, readSessionLog } from "./explain.ts"
import { HeldStream } from "./held.ts"
import type { Master } from "./masters.ts"
import * as Mux from "./mux.ts"
import { quietEnv, sessionArgs, type SshProgram } from "./options.ts"
import { readTail, remove } from "./place.ts"
import { lastWords } from "./words.ts"

/** ssh's own way of saying that it failed; a program may say it too (ssh(1), EXIT STATUS). */
const SSH_FAILED = 255

/** Bytes of login scripts' chatter before the program starts. */
const MAX_CHATTER = 64 * 1024

/** Why a program was not started. */
export type NotStarted =
  /** The host never got to it: it may be tried again. */
  | { readonly _tag: "Again"; readonly busy: boolean; readonly words: string }
  | { readonly _tag: "Failed"; readonly error: ConnectionLost | NoShell }

export interface MuxProgramOptions {
  readonly ssh: SshProgram
  readonly env: Readonly<Record<string, string | undefined>>
  readonly host: HostName
  readonly argv: ReadonlyArray<string>
  readonly master: Master
  /** A file that is not there, for this process' own log. */
  readonly log: string
}

/** Tells this program's output from what was printed before it. Unlike a secret it need only be unlikely. */
const newMarker = (): string => `sesh-${Math.random().toString(36).slice(2)}${Math.random().toString(36).slice(2)}`

type Started = { readonly program: RemoteProgram } | NotStarted

class MuxProgram {
  private readonly stdin: Net.Socket
  private readonly stdout: HeldStream
  private readonly stderr: HeldStream
  private handlers: ProgramHandlers | undefined
  /** What came before the marker, on both outputs. */
  private chatter: Buffer = Buffer.alloc(0)
  private complaints: Buffer = Buffer.alloc(0)
  private isRunning = false
  private paused = false
  private holding = false
  private over: ExitStatus | ConnectionLost | undefined
  private told = false
  private readonly options: MuxProgramOptions
  private readonly child: ChildProcess.ChildProcess
  private readonly marker: Buffer
  private readonly onStarted: (started: Started) => void

  constructor(
    options: MuxProgramOptions,
    child: ChildProcess.ChildProcess,
    marker: string,
    onStarted: (started: Started) => void
  ) {
    this.options = options
    this.child = child
    this.marker = Buffer.from(`${marker}\n`)
    this.onStarted = onStarted
    this.stdin = child.stdin as Net.Socket
    this.stdin.on("error", () => undefined)
    this.stdin.on("drain", () => this.drained())
    this.stdout = new HeldStream(child.stdout as Net.Socket)
    this.stderr = new HeldStream(child.stderr as Net.Socket)
    this.stdout.to((bytes) => this.seek(bytes))
    this.stderr.to((bytes) => {
      this.complaints = Buffer.concat([this.complaints, bytes]).subarray(-MAX_CHATTER)
    })
    this.stdout.open()
    this.stderr.open()
    child.once("close", (code) => this.closed(code))
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
      this.stdin.write(bytes)
      if (this.stdin.writableLength > HIGH_WATER) this.holding = true
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
    Child.end(this.child, true)
    for (const stream of this.child.stdio) stream?.destroy()
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
      this.stderr.putBack(this.complaints)
      this.onStarted({ program: this.program })
    } else if (this.chatter.length > MAX_CHATTER) {
      const error = new NoShell({ host: this.options.host, words: "its login scripts print without end" })
      this.onStarted({ _tag: "Failed", error })
      this.destroy()
    }
  }

  private flow(): void {
    if (!this.paused && !this.told) this.stderr.open()
    if (!this.paused && !this.told) this.stdout.open()
    this.tellExit()
  }

  private drained(): void {
    if (!this.holding || this.over !== undefined || this.told) return
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

  private closed(code: number | null): void {
    const { log, master } = this.options
    const session = readSessionLog(readTail(log))
    remove(log)
    const finish = (end: ExitStatus | ConnectionLost) => {
      if (!this.isRunning) this.onStarted(this.notStarted(end, session))
      this.over = end
      this.tellExit()
    }
    if (code !== null && (code !== SSH_FAILED || session.exited)) return finish({ code })
    // The shell that runs it may have been killed: then there is no status, and the connection lives.
    Effect.runCallback(Mux.alive(master.control), {
      onExit: (exit) => {
        if (exit._tag === "Success" && code !== null && session.opened) return finish({ code })
        return finish(new ConnectionLost({ host: this.options.host, words: explainLoss(readTail(master.log)) }))
      }
    })
  }

  private notStarted(end: ExitStatus | ConnectionLost, session: ReturnType<typeof readSessionLog>): NotStarted {
    const { host } = this.options
    if (!session.opened) return { _tag: "Again", busy: session.refused, words: session.words }
    if ("_tag" in end) return { _tag: "Failed", error: end }
    const words = lastWords(`${this.complaints.toString()}\n${this.chatter.toString()}`)
    return { _tag: "Failed", error: new NoShell({ host, words }) }
  }
}

/** Starts a program. Interrupting ends it; once it is given, that is up to whoever has it. */
export const startMuxProgram = (options: MuxProgramOptions): Effect.Effect<Started, SshMissing> => {
  const { argv, env, host, log, master, ssh } = options
  const marker = newMarker()
  const command = remoteCommand(argv, marker)
  const spawned = Child.spawn(ssh.file, sessionArgs(ssh, { host, control: master.control, log, command }), {
    // Ctrl-C at the user's terminal is for sesh to hear, not for this one.
    detached: true,
    env: quietEnv(env),
    stdio: ["pipe", "pipe", "pipe"]
  })
  return Effect.acquireUseRelease(
    spawned,
    (child) =>
      Effect.callback<Started>((resume) => {
        const started = new MuxProgram(options, child, marker, (started) => resume(Effect.succeed(started)))
        return Effect.sync(() => started.destroy())
      }),
    (child, exit) => Exit.isSuccess(exit) ? Effect.void : Effect.sync(() => Child.end(child, true))
  )
}
