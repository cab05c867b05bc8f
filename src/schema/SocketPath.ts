/** Paths of unix sockets. */

/** Bytes of a path without its NUL: `sun_path` has 104 in macOS' sys/un.h, 108 in unix(7). `platform` as in Node. */
export const socketPathLimit = (platform: string): number => platform === "darwin" ? 103 : 107

/**
 * Bytes of a path on an unknown system: the highest of all limits. macOS' limit would shut out sessions of a Linux
 * host, and a macOS host refuses a path that is too long itself.
 */
export const LONGEST_SOCKET_PATH = socketPathLimit("linux")
