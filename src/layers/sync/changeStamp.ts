/** Finds out whether anything has changed. Every connect asks, so another process does it while this one connects. */
import * as Effect from "effect/Effect"
import type { SpawnOptions } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { spawnChild } from "../system/childProcess.ts"
import { keyOf } from "../system/fnv.ts"
import { quietly } from "../system/quietly.ts"
import { look } from "./tree.ts"

/**
 * Has `find` print of everything below the paths: inodes and the times of their last change, which every change alters
 * and nothing can set. A directory's time changes when a name in it does. GNU's find does so by itself, that of macOS
 * (`platform` as in Node) through stat(1), many files at a time.
 */
export const recordsOf = (platform: string): ReadonlyArray<string> =>
  platform === "darwin" ? ["-exec", "/usr/bin/stat", "-f", "%i %Fc", "{}", "+"] : ["-printf", "%i %C@\n"]

/** A million files: with so many, it matters little that sesh looks at them itself. */
const MAX_BYTES = 32 * 1024 * 1024

/**
 * A private file that is removed already and ends when it is closed. A pipe would have to be read while this process is
 * busy.
 */
const openScratch = (dir: string): number | undefined =>
  quietly(() => {
    const path = Path.join(dir, `look.${process.pid}`)
    const fd = Fs.openSync(path, "wx+", 0o600)
    Fs.unlinkSync(path)
    return fd
  })

/** Empty when it is too long to be remembered. */
const readAll = (fd: number): string => {
  const { size } = Fs.fstatSync(fd)
  if (size > MAX_BYTES) return ""
  const bytes = Buffer.allocUnsafe(size)
  return bytes.toString("latin1", 0, Fs.readSync(fd, bytes, 0, size, 0))
}

/** A path as a pattern that matches it alone (find(1), `-path`). */
const patternOf = (path: string): string => `./${path.replace(/[*?[\]\\]/g, "\\$&")}`

/** Leaves out these paths, and what is below them. */
const without = (paths: ReadonlyArray<string>): ReadonlyArray<string> =>
  paths.flatMap((path) => ["-path", patternOf(path), "-prune", "-o"])

/**
 * A text that differs for every state of the trees, without reading a file; undefined where the system cannot make it,
 * or there is nothing at the paths. Equal stamps mean equal trees, and looking at a tree does not change its stamp.
 * Follows a path that is itself a link, and no other; leaves out the paths `kept`. `dir`: a directory for a temporary
 * file.
 */
export const stampOf = (
  home: string,
  paths: ReadonlyArray<string>,
  kept: ReadonlyArray<string>,
  dir: string,
  records = recordsOf(process.platform)
): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const present = paths.filter((path) => look(Path.join(home, path)) !== undefined)
    // Without a path find searches the working directory: all of the home.
    const out = present.length === 0 ? undefined : openScratch(dir)
    if (out === undefined) return resume(Effect.succeed(undefined))
    let isOver = false
    const end = (code: number | null) => {
      if (isOver) return
      isOver = true
      // After a failure the output may be cut short, and so be the same for other trees.
      const printed = code === 0 ? readAll(out) : ""
      Fs.closeSync(out)
      resume(Effect.succeed(printed === "" ? undefined : `${keyOf(...present)}\n${printed}`))
    }
    const options = {
      cwd: home,
      env: { ...process.env, LC_ALL: "C" },
      stdio: ["ignore", out, "ignore"]
    } satisfies SpawnOptions
    const args = ["-H", ...present.map((path) => `./${path}`), ...without(kept), ...records]
    const child = spawnChild("find", args, options, () => end(null))
    child?.on("exit", end)
    return Effect.sync(() => void child?.kill())
  })
