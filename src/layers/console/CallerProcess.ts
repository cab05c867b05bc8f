import * as Layer from "effect/Layer"
import { realpathSync } from "node:fs"
import { homedir } from "node:os"
import { basename, isAbsolute, resolve } from "node:path"
import { isSea } from "node:sea"
import { Caller } from "../../services/Caller.ts"
import { quietly } from "../system/quietly.ts"

/** The real path; undefined when the path does not exist. */
const realPath = (path: string): string | undefined => quietly(() => realpathSync(path))

/** The working directory as the user's shell names it, with its symlinks, if that is where we are. */
const workingDirectory = (logical: string | undefined): string => {
  const physical = realPath(".")
  // Our directory was removed: only its name is left, and its users will report that it is missing.
  if (physical === undefined) return logical ?? "/"
  return logical !== undefined && isAbsolute(logical) && realPath(logical) === physical ? logical : physical
}

/** This process. */
export const layer = (version: string): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    // Looked up at its first use: a listing does not need it.
    let known: string | undefined
    const cwd = () => known ??= workingDirectory(process.env["PWD"])
    return {
      env: process.env,
      get cwd() {
        return cwd()
      },
      home: homedir(),
      version,
      // From source it is Node that was called. Looked up when it is used, as node:sea has to be loaded for it.
      get command() {
        return isSea() ? basename(process.argv0) : "sesh"
      },
      resolve: (path) => resolve(cwd(), path),
      agentSocket: () => {
        const socket = process.env["SSH_AUTH_SOCK"]
        return socket ? realPath(socket) : undefined
      }
    }
  })
