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

const definedOf = (env: Caller["Service"]["env"]): Record<string, string> =>
  Object.fromEntries(Object.entries(env).filter((entry): entry is [string, string] => entry[1] !== undefined))

/** A user in /home/user, in a plain environment. */
export const layer = (given?: Partial<Caller["Service"]>): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    const env = given?.env ?? { SHELL: "/bin/sh", HOME: "/home/user", TERM: "xterm-256color" }
    const cwd = given?.cwd ?? "/home/user"
    return {
      env,
      environment: () => definedOf(env),
      signals: () => undefined,
      accountShell: () => "/bin/sh",
      cwd,
      home: "/home/user",
      version: "0.0.0",
      command: "sesh",
      isOnTerminal: () => undefined,
      resolve: (path) => resolved(cwd, path),
      agentSocket: () => env["SSH_AUTH_SOCK"] || undefined,
      ...given
    }
  })
