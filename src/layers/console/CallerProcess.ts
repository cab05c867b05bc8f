import * as Layer from "effect/Layer"
import { realpathSync } from "node:fs"
import { homedir } from "node:os"
import { isAbsolute, resolve } from "node:path"
import { Caller } from "../../services/Caller.ts"
import { quietly } from "../system/quietly.ts"

/** The real path, or undefined when there is nothing. */
const realPath = (path: string): string | undefined => quietly(() => realpathSync(path))

/** The directory as the user's shell calls it, symlinks and all, if that is where we are. */
const workingDirectory = (logical: string | undefined): string => {
  const physical = realPath(".")
  // Ours was removed: its name is all that is left, and what needs it will say that it is not there.
  if (physical === undefined) return logical ?? "/"
  return logical !== undefined && isAbsolute(logical) && realPath(logical) === physical ? logical : physical
}

/** This process. */
export const layer = (version: string): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    // Looked up when it is asked for: a listing does without.
    let known: string | undefined
    const cwd = () => known ??= workingDirectory(process.env["PWD"])
    return {
      env: process.env,
      get cwd() {
        return cwd()
      },
      home: homedir(),
      version,
      resolve: (path) => resolve(cwd(), path),
      agentSocket: () => {
        const socket = process.env["SSH_AUTH_SOCK"]
        return socket ? realPath(socket) : undefined
      }
    }
  })
