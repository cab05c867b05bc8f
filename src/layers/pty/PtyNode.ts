import * as Deferred from "effect/Deferred"
import * as Effect from "effect/Effect"
import * as Exit from "effect/Exit"
import * as Layer from "effect/Layer"
import { isText } from "../../schema/ByteString.ts"
import type { ExitStatus, Size } from "../../schema/Session.ts"
import { messageOf } from "../../schema/Text.ts"
import { Pty, PtyError, type PtyHandlers, type PtyProcess, type PtySpec } from "../../services/Pty.ts"
import { codeOf, shortageOf } from "../system/systemError.ts"
import { loadPtyAddon } from "./addon.ts"
import { checkProgram } from "./checkProgram.ts"
import { openMaster, type PtyMaster } from "./master.ts"
import { libc, setSize, spawnOnTerminal } from "./posixSpawn.ts"
import { type ProgramOnTerminal, type PtyProcesses, ptyProcesses, signalAll, toUserPath } from "./processes.ts"

/** When the scope closes, from the hang-up to the kill: enough for a shell to save its history, short for a user. */
const HANG_UP_GRACE_MS = 500

/** From the kill to giving up: a process in an uninterruptible wait does not die before that ends. */
const KILL_GRACE_MS = 1000

const POLL_MS = 10

/** A program on its terminal, with what the scope needs to end it. */
interface Running {
  readonly process: PtyProcess
  readonly master: PtyMaster
  readonly processes: PtyProcesses
  /** Done when the system has reported the program's end. */
  readonly ended: Deferred.Deferred<void>
}

/**
 * Signals as the kernel does when a terminal hangs up (tty_signal_session_leader): SIGHUP, then SIGCONT, because a
 * stopped process gets the first only when it is continued, and no shell is left to do that.
 */
const hangUp = (processes: PtyProcesses) => {
  const pids = processes.pids()
  signalAll(pids, "SIGHUP")
  signalAll(pids, "SIGCONT")
}

/** How the processes on a terminal are found. */
type FindProcesses = (terminal: ProgramOnTerminal) => PtyProcesses

/** What starts programs: the C library, where it can, or the addon. */
type Starter = "best" | "addon"

/** Starts the program, and says how its terminal is resized. */
const fork = (spec: PtySpec, file: string, starter: Starter, onExit: (status: ExitStatus) => void) => {
  const functions = starter === "addon" ? undefined : libc()
  if (functions !== undefined) {
    const resize = (fd: number, size: Size) => setSize(functions, fd, size)
    return { ...spawnOnTerminal(functions, spec, file, onExit), resize }
  }
  const addon = loadPtyAddon()
  const texts = [spec.cwd, ...spec.args, ...Object.entries(spec.env).flat()]
  if (!texts.every(isText)) throw new Error("its command, directory or environment is not UTF-8")
  return {
    ...addon.fork(
      // The program gets the name that the user gave, unless the system would not find it by that.
      spec.env["PATH"] ? spec.file : file,
      spec.args,
      Object.entries(spec.env).map(([name, value]) => `${name}=${value}`),
      spec.cwd,
      spec.size.cols,
      spec.size.rows,
      -1,
      -1,
      true,
      addon.helperPath,
      (code, signal) => onExit(signal === 0 ? { code } : { code, signal })
    ),
    resize: (fd: number, { cols, rows }: Size) => addon.resize(fd, cols, rows)
  }
}

const start = (spec: PtySpec, file: string, find: FindProcesses, starter: Starter): Running => {
  const ended = Deferred.makeUnsafe<void>()
  let status: ExitStatus | undefined
  let handlers: PtyHandlers | undefined

  const onExit = (how: ExitStatus) => {
    status = how
    Deferred.doneUnsafe(ended, Exit.void)
    master.finish(() => handlers?.onExit(status!))
  }
  const { fd, pid, pty, resize } = fork(spec, file, starter, onExit)
  const master = openMaster(fd, pty)
  const isOpen = () => master.fd() !== undefined
  const processes = find({ pid, device: pty, isOpen, userPath: toUserPath(spec.cwd) })

  return {
    master,
    processes,
    ended,
    process: {
      pid,
      tty: pty,
      listen: (given) => {
        handlers = given
        master.listen(given)
      },
      write: master.write,
      pause: master.pause,
      resume: master.resume,
      resize: (size) => {
        const fd = master.fd()
        if (fd !== undefined) resize(fd, size)
      },
      signal: (name) => {
        // After the end another process may have the pid; and what outlives its shell was meant to (nohup, setsid).
        if (status !== undefined) return
        if (name === "SIGHUP") hangUp(processes)
        else signalAll(processes.pids(), name)
      },
      foreground: (then) => {
        if (status !== undefined) return then({})
        processes.foreground((now) => then(status === undefined ? now : {}))
      }
    }
  }
}

const noTerminal = (file: string, cause: unknown): PtyError => {
  const shortage = codeOf(cause) === "ENOSPC"
    ? "no more terminals can be made here (sysctl kernel.pty.max)"
    : shortageOf(cause)
  return new PtyError({
    file,
    problem: shortage ?? `no terminal for it: ${messageOf(cause)}`,
    kind: "other",
    isShortage: shortage !== undefined,
    cause
  })
}

/** Repeats `act` until no process is left, or the limit is reached. */
const untilGone = Effect.fnUntraced(function*(processes: PtyProcesses, limitMs: number, act: () => void) {
  for (let ms = 0; ms < limitMs && processes.pids().length > 0; ms += POLL_MS) {
    act()
    yield* Effect.sleep(POLL_MS)
  }
})

/** Hangs up, then kills. After the program's own end it only closes the terminal. */
const stop = Effect.fnUntraced(function*({ ended, master, processes }: Running) {
  master.discard()
  if (!Deferred.isDoneUnsafe(ended)) {
    hangUp(processes)
    yield* untilGone(processes, HANG_UP_GRACE_MS, () => {})
    // More than once: a process that is just being forked is not listed yet.
    yield* untilGone(processes, KILL_GRACE_MS, () => signalAll(processes.pids(), "SIGKILL"))
    yield* Effect.timeoutOption(Deferred.await(ended), KILL_GRACE_MS)
  }
  master.close()
})

/**
 * Real terminals, on Linux made by the C library (posixSpawn.ts), elsewhere by node-pty's native addon. The addon's
 * descriptor of the master side is not close-on-exec: a program that this process starts later inherits it. A daemon
 * starts one program, and another only when the first one's terminal is closed.
 */
export const makeLayer = (find: FindProcesses, starter: Starter = "best"): Layer.Layer<Pty> =>
  Layer.succeed(
    Pty,
    Pty.of({
      spawn: Effect.fn("Pty.spawn")(function*(spec: PtySpec) {
        const file = yield* Effect.fromResult(checkProgram(spec))
        const running = yield* Effect.acquireRelease(
          Effect.try({
            try: () => start(spec, file, find, starter),
            catch: (cause) => noTerminal(spec.file, cause)
          }),
          stop
        )
        return running.process
      })
    })
  )

/** As this system reports its processes. */
export const layer: Layer.Layer<Pty> = makeLayer((terminal) => ptyProcesses(process.platform, terminal))
