/** Paths of sockets on another host. */
import { LONGEST_SOCKET_PATH } from "../../../schema/SocketPath.ts"
import { BadArgument } from "../../../services/SshTransport.ts"

/** Why the path is not valid for a socket; undefined when it is. */
export const badPath = (path: string): BadArgument | undefined => {
  const bad = (rule: string) => new BadArgument({ argument: path, rule })
  if (!path.startsWith("/")) return bad("a socket's path must be absolute")
  if (path.includes("\0") || !path.isWellFormed()) return bad("it is no path")
  if (Buffer.byteLength(path) > LONGEST_SOCKET_PATH) {
    return bad(`a socket's path has ${LONGEST_SOCKET_PATH} bytes at the most`)
  }
  return undefined
}
