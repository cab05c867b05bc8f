/** Paths of unix sockets. */

/** Bytes of a path, without its NUL: `sun_path` has 104 in macOS' sys/un.h, 108 in unix(7). `platform` as Node says it. */
export const socketPathLimit = (platform: string): number => platform === "darwin" ? 103 : 107

/**
 * Bytes of a path on a machine of which nothing is known: what no system takes is longer. Four bytes less would shut out
 * sessions of a Linux host. A macOS host has none of such a path, and refuses it itself.
 */
export const LONGEST_SOCKET_PATH = socketPathLimit("linux")
