import * as Layer from "effect/Layer"
import { Caller } from "../../services/Caller.ts"

/** As path.resolve does, without Node. */
const resolved = (cwd: string, path: string): string => {
  const parts: Array<string> = []
  for (const part of (path.startsWith("/") ? path : `${cwd}/${path}`).split("/")) {
    if (part === "..") parts.pop()
    else if (part !== "" && part !== ".") parts.push(part)
  }
  return `/${parts.join("/")}`
}

/** A user in /home/user, in a plain environment. */
export const layer = (given?: Partial<Caller["Service"]>): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    const env = given?.env ?? { SHELL: "/bin/sh", HOME: "/home/user", TERM: "xterm-256color" }
    const cwd = given?.cwd ?? "/home/user"
    return {
      env,
      cwd,
      home: "/home/user",
      version: "0.0.0",
      command: "sesh",
      resolve: (path) => resolved(cwd, path),
      agentSocket: () => env["SSH_AUTH_SOCK"] || undefined,
      ...given
    }
  })
