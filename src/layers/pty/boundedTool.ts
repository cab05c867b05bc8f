/** A program of the system that is asked now and then, and must neither hold up nor pile up. */
import { spawnChild } from "../system/childProcess.ts"

/** Milliseconds until it is killed: far more than either takes on a busy machine. */
const PATIENCE_MS = 5000

/** Bytes of an answer that are read; the rest is dropped. */
const MAX_BYTES = 256 * 1024

/** Calls back once: with what it printed, whatever its status; undefined where it did not run, or takes too long. */
export type Ask = (args: ReadonlyArray<string>, then: (said: Buffer | undefined) => void) => void

/**
 * Runs `file` by its absolute path. One that does not end, not even when killed, as its system call hangs (lsof on a
 * file system whose server is gone), is left to itself, and not run again before it has ended.
 */
export const boundedTool = (file: string, env: Readonly<Record<string, string>>, patienceMs = PATIENCE_MS): Ask => {
  let isRunning = false
  return (args, then) => {
    if (isRunning) return then(undefined)
    const chunks: Array<Buffer> = []
    let size = 0
    let isAnswered = false
    const answer = (said: Buffer | undefined) => {
      if (isAnswered) return
      isAnswered = true
      clearTimeout(timer)
      then(said)
    }
    const timer = setTimeout(() => {
      child?.kill("SIGKILL")
      child?.stdout?.destroy()
      child?.unref()
      answer(undefined)
    }, patienceMs)
    timer.unref()
    const child = spawnChild(file, args, { cwd: "/", env: { ...env }, stdio: ["ignore", "pipe", "ignore"] }, () => {
      isRunning = false
      answer(undefined)
    })
    if (child === undefined) return
    isRunning = true
    child.stdout!.on("data", (bytes: Buffer) => {
      if (size < MAX_BYTES) chunks.push(bytes)
      size += bytes.length
    })
    child.once("exit", () => {
      isRunning = false
    })
    child.once("close", () => answer(Buffer.concat(chunks).subarray(0, MAX_BYTES)))
  }
}
