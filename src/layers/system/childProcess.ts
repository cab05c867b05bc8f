/** Child processes, and their ends. */
import * as Effect from "effect/Effect"
import { type ChildProcess, spawn, type SpawnOptions } from "node:child_process"
import { constants } from "node:os"
import type { ExitStatus } from "../../schema/Session.ts"
import { quietly } from "./quietly.ts"

/**
 * Starts a program; undefined when it was not started. Node throws some of the reasons (ENOTDIR, where a PATH ends with
 * a file) and emits others: `failed` gets all of them.
 */
export const spawnChild = (
  file: string,
  args: ReadonlyArray<string>,
  options: SpawnOptions,
  failed: (error: NodeJS.ErrnoException) => void
): ChildProcess | undefined => {
  try {
    const child = spawn(file, args, options).on("error", failed)
    return child.pid === undefined ? undefined : child
  } catch (error) {
    failed(error as NodeJS.ErrnoException)
    return undefined
  }
}

const hasEnded = ({ exitCode, signalCode }: ChildProcess): boolean => exitCode !== null || signalCode !== null

/**
 * Asks a program to end (SIGTERM), and kills it after `graceMs` milliseconds. `group`: with all of its process group,
 * which it must lead (`detached`). Does not wait.
 */
export const endChild = (child: ChildProcess, graceMs: number, { group = false } = {}): void => {
  const { pid } = child
  if (pid === undefined || hasEnded(child)) return
  // It may have just ended.
  const send = (signal: NodeJS.Signals) => quietly(() => process.kill(group ? -pid : pid, signal), false)
  send("SIGTERM")
  const timer = setTimeout(() => hasEnded(child) || send("SIGKILL"), graceMs)
  timer.unref()
  child.once("exit", () => clearTimeout(timer))
}

/** Waits until a program has ended, but not for processes that it leaves running. */
export const childEnd = (child: ChildProcess): Effect.Effect<void> =>
  Effect.callback((resume) => {
    if (hasEnded(child)) resume(Effect.void)
    else child.once("exit", () => resume(Effect.void))
  })

/** A signal's number on this system; undefined for a name that it does not know. */
export const signalNumber = (name: string): number | undefined =>
  (constants.signals as Readonly<Record<string, number>>)[name]

/** How a program ended, from Node's report: a status, or else the name of a signal. */
export const exitStatus = (code: number | null, signal: NodeJS.Signals | null): ExitStatus =>
  code === null ? { code: 0, signal: signal === null ? 0 : constants.signals[signal] } : { code }
