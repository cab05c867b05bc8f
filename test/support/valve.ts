import * as Net from "node:net"

/** A connection to a port with a limited rate (bytes per second), which can be cut so that both sides notice. */
export const valve = async (to: number, rate: number) => {
  const sockets = new Set<Net.Socket>()
  let sent = 0
  let isFrozen = false
  const server = Net.createServer((near) => {
    const far = Net.connect(to, "127.0.0.1")
    far.pipe(near)
    near.on("data", (bytes: Buffer) => {
      near.pause()
      sent += bytes.length
      far.write(bytes)
      setTimeout(() => isFrozen || near.resume(), bytes.length / rate * 1000)
    })
    for (const socket of [near, far]) {
      sockets.add(socket)
      socket.on("error", () => {})
      socket.on("close", () => [near, far].forEach((one) => one.destroy()))
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const cut = () => {
    for (const socket of sockets) socket.resetAndDestroy()
  }
  return {
    port: (server.address() as Net.AddressInfo).port,
    cut,
    /** From now on nothing goes through to the port, and nothing says so. */
    freeze: () => void (isFrozen = true),
    /** Bytes to the port since this was asked last. */
    sent: () => {
      const now = sent
      sent = 0
      return now
    },
    stop: () =>
      new Promise<void>((resolve) => {
        cut()
        server.close(() => resolve())
      })
  }
}
