/** Has anything changed? Asked at every connect, so of another process, while this one connects. */
import * as Effect from "effect/Effect"
import * as ChildProcess from "node:child_process"
import { keyOf } from "../ssh/place.ts"

/**
 * Of everything below the paths, what of the file system's records no change leaves alone (the time of the last change of an
 * inode cannot be set, and is a directory's too when a name in it changes). Only GNU's find can print that.
 */
const SCRIPT = "LC_ALL=C find -P \"$@\" -printf '%D %i %s %C@\\n' 2>/dev/null | sha256sum"

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
    // No more pipes than needed: it is waited for by somebody who wants to see his session.
    const child = ChildProcess.spawn("/bin/sh", args, { cwd: home, stdio: ["ignore", "pipe", "ignore"] })
    let said = ""
    child.stdout.on("data", (bytes: Buffer) => void (said += bytes.toString("latin1")))
    child.on("error", () => resume(Effect.succeed(undefined)))
    child.on("close", () => {
      const hash = HASH.exec(said)?.[1]
      resume(Effect.succeed(hash === undefined || hash === NOTHING ? undefined : `${keyOf(...paths)}-${hash}`))
    })
    return Effect.sync(() => void child.kill())
  })
