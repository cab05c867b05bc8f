/** Has anything changed? Asked at every connect, so of another process, while this one connects. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import { keyOf } from "../ssh/place.ts"

/**
 * Of everything below the paths: its name, and what of the file system's records no change leaves alone (the time of the
 * last change of an inode cannot be set). Only GNU's find can print that.
 */
const SCRIPT = "LC_ALL=C find -P \"$@\" -printf '%p\\0%D %i %s %C@ %m\\0' 2>/dev/null | sha256sum"

/** What sha256sum says. */
const HASH = /^([0-9a-f]{64}) /

/** The hash of nothing: find could not do it, or there is nothing, which is soon walked through. */
const NOTHING = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"

/**
 * Tells one state of the trees from every other, without reading a file; undefined where the system has no means for it. Two
 * trees that say the same have the same; one that was only looked at says the same again.
 */
export const stampOf = (home: string, paths: ReadonlyArray<string>): Effect.Effect<string | undefined> =>
  Effect.callback((resume) => {
    const args = ["-c", SCRIPT, "sh", ...paths.map((path) => `./${path}`)]
    const child = ChildProcess.execFile("sh", args, { cwd: home, encoding: "utf8" }, (error, stdout) => {
      const hash = error === null ? HASH.exec(stdout)?.[1] : undefined
      resume(Effect.succeed(hash === undefined || hash === NOTHING ? undefined : `${keyOf(...paths)}-${hash}`))
    })
    child.on("error", () => undefined)
    return Effect.sync(() => void child.kill())
  })
