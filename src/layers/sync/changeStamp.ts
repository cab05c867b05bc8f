/** Has anything changed? Asked at every connect, so of another process, while this one connects. */
import * as Effect from "effect/Effect"
import type { SpawnOptions } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { spawnChild } from "../system/childProcess.ts"
import { keyOf } from "../system/fnv.ts"
import { quietly } from "../system/quietly.ts"
import { look } from "./tree.ts"

/**
 * Of everything below the paths, what of the file system's records no change leaves alone: the time of the last change of an
 * inode cannot be set, and is a directory's too when a name in it changes. Only GNU's find can print that.
 */
const RECORDS = ["-printf", "%i %C@\n"]

/** A million files: with so many it matters little that they are looked at by ourselves. */
const MAX_BYTES = 32 * 1024 * 1024

/** A file of our own that is gone when it is closed: a pipe would have to be emptied by somebody who has other things to do. */
const openScratch = (dir: string): number | undefined =>
  quietly(() => {
    const path = Path.join(dir, `look.${process.pid}`)
    const fd = Fs.openSync(path, "wx+", 0o600)
    Fs.unlinkSync(path)
    return fd
  })

/** Empty when it is more than is worth to be remembered. */
const readAll = (fd: number): string => {
  const { size } = Fs.fstatSync(fd)
  if (size > MAX_BYTES) return ""
  const bytes = Buffer.allocUnsafe(size)
  return bytes.toString("latin1", 0, Fs.readSync(fd, bytes, 0, size, 0))
}

/**
 * Tells one state of the trees from every other, without reading a file; undefined where the system has no means for it, or
 * there is nothing. Two trees that say the same have the same; one that was only looked at says the same again. `dir`: where
 * it may put a file.
 */
export const stampOf = (home: string, paths: ReadonlyArray<string>, dir: string): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const present = paths.filter((path) => look(Path.join(home, path)) !== undefined)
    // Without a path find takes the directory it is in: all of the home.
    const out = present.length === 0 ? undefined : openScratch(dir)
    if (out === undefined) return resume(Effect.succeed(undefined))
    let isOver = false
    const end = (code: number | null) => {
      if (isOver) return
      isOver = true
      // After a failure what it has said may be cut short: it would say the same of other trees.
      const said = code === 0 ? readAll(out) : ""
      Fs.closeSync(out)
      resume(Effect.succeed(said === "" ? undefined : `${keyOf(...present)}\n${said}`))
    }
    const options = {
      cwd: home,
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", out, "ignore"]
    } satisfies SpawnOptions
    const args = ["-P", ...present.map((path) => `./${path}`), ...RECORDS]
    const child = spawnChild("find", args, options, () => end(null))
    child?.on("exit", end)
    return Effect.sync(() => void child?.kill())
  })
