import * as Layer from "effect/Layer"
import { Caller } from "../../services/Caller.ts"

/** Somebody at /home/user, in a plain environment. */
export const layer = (given?: Partial<Caller["Service"]>): Layer.Layer<Caller> =>
  Layer.sync(Caller, () => {
    const env = given?.env ?? { SHELL: "/bin/sh", HOME: "/home/user", TERM: "xterm-256color" }
    const cwd = given?.cwd ?? "/home/user"
    return {
      env,
      cwd,
      home: "/home/user",
      version: "0.0.0",
      resolve: (path) => path.startsWith("/") ? path : `${cwd}/${path}`,
      agentSocket: () => env["SSH_AUTH_SOCK"],
      ...given
    }
  })
