/** A way to a port on this machine that takes time, can be cut, and counts how often one side waits for the other. */
import * as net from "node:net"

export interface LongWay {
  readonly port: number
  /** Where it leads. Connections that there are stay. */
  readonly leadTo: (port: number) => void
  /** Milliseconds there and back. */
  readonly setRtt: (ms: number) => void
  /**
   * Round trips, one after the other, since this was asked last. What the client sends counts as an answer to all that
   * has arrived there before (as Lamport's clocks do).
   */
  readonly takeTrips: () => number
  /** Waits until nothing was sent for so long, in milliseconds; no longer than four times that, for keepalives. */
  readonly quiet: (ms: number) => Promise<void>
  /** Nothing arrives any more; what is on its way waits. */
  readonly cut: () => void
  readonly heal: () => void
  readonly stop: () => Promise<void>
}

/**
 * Bytes of an ssh packet that says yes or no (chacha20-poly1305). The client waits for the first of a connection, which
 * says that the login worked; nobody for the others, which answer keepalives.
 */
const YES_OR_NO_BYTES = 28

/** Each piece arrives half a round trip later. Setting a connection up takes no time: TCP's own trip is not in it. */
export const longWay = async (): Promise<LongWay> => {
  let target = 0
  let oneWayMs = 0
  let isCut = false
  const waiting: Array<() => void> = []
  const sockets = new Set<net.Socket>()
  /** Round trips that led to what has arrived on each side. */
  const trips = { near: 0, far: 0 }
  let lastSent = 0

  const arrive = (deliver: () => void) => {
    if (isCut) waiting.push(deliver)
    else deliver()
  }
  const later = (deliver: () => void) => {
    if (oneWayMs === 0) arrive(deliver)
    else setTimeout(() => arrive(deliver), oneWayMs)
  }
  const carry = (side: "near" | "far", from: net.Socket, into: net.Socket) => {
    const other = side === "near" ? "far" : "near"
    let isLoggedIn = side === "near"
    sockets.add(from)
    from.setNoDelay(true)
    from.on("error", () => {})
    from.on("data", (bytes: Buffer) => {
      lastSent = performance.now()
      const isLogin = !isLoggedIn && bytes.length === YES_OR_NO_BYTES
      if (isLogin) isLoggedIn = true
      const led = side === "near" ? trips.near + 1 : trips.far
      later(() => {
        if (isLogin || bytes.length > YES_OR_NO_BYTES) trips[other] = Math.max(trips[other], led)
        into.write(bytes)
      })
    })
    from.on("close", () => {
      sockets.delete(from)
      later(() => into.destroy())
    })
  }
  const server = net.createServer((near) => {
    const far = net.connect(target, "127.0.0.1")
    carry("near", near, far)
    carry("far", far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    port: (server.address() as net.AddressInfo).port,
    leadTo: (port) => {
      target = port
    },
    setRtt: (ms) => {
      oneWayMs = ms / 2
    },
    takeTrips: () => {
      const taken = trips.near
      trips.near = 0
      trips.far = 0
      return taken
    },
    quiet: async (ms) => {
      const end = performance.now() + 4 * ms
      for (let left = ms; left > 0; left = Math.min(lastSent + ms, end) - performance.now()) {
        await new Promise((resolve) => setTimeout(resolve, left))
      }
    },
    cut: () => {
      isCut = true
    },
    heal: () => {
      isCut = false
      for (const deliver of waiting.splice(0)) deliver()
    },
    stop: () =>
      new Promise((resolve) => {
        for (const socket of sockets) socket.destroy()
        server.close(() => resolve())
      })
  }
}
