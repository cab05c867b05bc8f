/** Paths of sockets on another host. */
import { BadArgument } from "../../../services/SshTransport.ts"

/** `sun_path` without its NUL (unix(7)). */
const MAX_PATH = 107

/** What is no path of a socket; undefined when nothing speaks against it. */
export const badPath = (path: string): BadArgument | undefined => {
  const bad = (rule: string) => new BadArgument({ argument: path, rule })
  if (!path.startsWith("/")) return bad("a socket's path must be absolute")
  if (path.includes("\0") || !path.isWellFormed()) return bad("it is no path")
  if (Buffer.byteLength(path) > MAX_PATH) return bad(`a socket's path has ${MAX_PATH} bytes at the most`)
  return undefined
}
