import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as Option from "effect/Option"
import { isatty } from "node:tty"
import { type OpenTty, Tty, TtyError, type TtyHandlers } from "../../services/Tty.ts"
import { endSignals, listening } from "../system/processEvents.ts"
import { modesOf } from "../system/terminal.ts"
import { statusLine } from "./statusLine.ts"
import { inputModes, type Modes, noModes, outputModes } from "./ttyModes.ts"
import {
  type Input,
  openPlainInput,
  openPlainOutput,
  openTerminalInput,
  openTerminalOutput,
  type Output,
  sizeOf
} from "./ttyStreams.ts"
import { TypedAhead, typedAhead } from "./typedAhead.ts"

/** A terminal that has not taken everything by then is stopped, or gone. */
const FLUSH_MS = 1000

/** Whether the byte path has the terminal, or somebody else for a while. */
interface Loan {
  isLent: boolean
}

/** Restores the terminal whenever another process gets it: at the end, however it comes, and while we are stopped. */
const inModes = Effect.fnUntraced(function*(modes: Modes, loan: Loan, onContinue: () => void) {
  yield* listening({
    exit: modes.leave,
    SIGTSTP: () => {
      modes.leave()
      process.kill(process.pid, "SIGSTOP")
    },
    SIGCONT: () => {
      if (!loan.isLent) modes.enterAgain()
      onContinue()
    }
  })
  yield* Effect.acquireRelease(
    Effect.flatMap(
      Effect.promise(modes.enter),
      (done) => done ? Effect.void : new TtyError({})
    ),
    () => Effect.sync(modes.leave)
  )
})

const opened = (input: Input, output: Output, modes: Modes, loan: Loan): OpenTty => {
  let isPaused = false
  const flush = Effect.callback<void>((resume) => {
    const cancel = output.whenTaken(() => resume(Effect.void))
    return Effect.sync(cancel)
  }).pipe(
    Effect.timeoutOption(FLUSH_MS),
    Effect.map(Option.isSome)
  )
  const give = Effect.sync(() => {
    input.pause()
    modes.leave()
    loan.isLent = true
  })
  const takeBack = Effect.sync(() => {
    loan.isLent = false
    modes.enterAgain()
    if (!isPaused) input.resume()
  })
  return {
    write: output.write,
    pause: () => {
      isPaused = true
      input.pause()
    },
    resume: () => {
      isPaused = false
      if (!loan.isLent) input.resume()
    },
    flush,
    lend: (use) => Effect.andThen(flush, Effect.acquireUseRelease(give, () => use, () => takeBack))
  }
}

/** The terminals on two descriptors; without a terminal, the process's own standard input or output. */
export const layerOn = (inputFd: number, outputFd: number, ahead = new TypedAhead(inputFd)): Layer.Layer<Tty> =>
  Layer.sync(Tty, () => {
    const inputIsTerminal = isatty(inputFd)
    const outputIsTerminal = isatty(outputFd)
    const size = () =>
      (outputIsTerminal ? sizeOf(outputFd) : undefined) ?? (inputIsTerminal ? sizeOf(inputFd) : undefined)

    const modes = () => inputIsTerminal ? modesOf(inputFd) : outputIsTerminal ? modesOf(outputFd) : undefined

    let loan: Loan | undefined

    const rawModes = (input: Input): Modes => {
      if (inputIsTerminal) return inputModes(input, inputFd)
      return outputIsTerminal ? outputModes(outputFd) : noModes
    }

    const open = Effect.fn("Tty.open")(function*(handlers: TtyHandlers) {
      yield* Effect.acquireRelease(Effect.sync(() => statusLine.hold()), (release) => Effect.sync(release))
      const onResize = () => {
        const now = size()
        if (now !== undefined) handlers.onResize(now)
      }
      const own = yield* Effect.acquireRelease(
        Effect.sync(() => loan = { isLent: false }),
        () => Effect.sync(() => loan = undefined)
      )
      // Without a listener it would end the process at once, with the terminal raw. Where that is lent it is a key.
      const onQuit = () => handlers.onSignal(own.isLent ? "SIGINT" : "SIGTERM")
      yield* listening({ SIGWINCH: onResize, SIGQUIT: onQuit, ...endSignals(handlers.onSignal) })
      const input = yield* Effect.acquireRelease(
        Effect.try({
          try: () => inputIsTerminal ? openTerminalInput(inputFd, handlers, ahead.take()) : openPlainInput(handlers),
          catch: (cause) => new TtyError({ cause })
        }),
        (input) => Effect.sync(input.close)
      )
      const modesHere = rawModes(input)
      yield* inModes(modesHere, own, onResize)
      // The terminal is gone, or the reader of our output: handled like a hangup.
      const outputHandlers = { onDrain: handlers.onDrain, onGone: () => handlers.onSignal("SIGHUP") }
      const output = yield* Effect.acquireRelease(
        Effect.try({
          try: () => outputIsTerminal ? openTerminalOutput(outputFd, outputHandlers) : openPlainOutput(outputHandlers),
          catch: (cause) => new TtyError({ cause })
        }),
        (output) => Effect.promise(async () => output.close())
      )
      input.resume()
      return opened(input, output, modesHere, own)
    })

    const isTaken = () => loan?.isLent === false
    return Tty.of({ inputIsTerminal, outputIsTerminal, size, modes, open, isTaken })
  })

/** Standard input and output of this process. */
export const layer: Layer.Layer<Tty> = layerOn(0, 1, typedAhead)
