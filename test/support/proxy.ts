import * as Net from "node:net"
import { onTestFinished } from "vitest"

/** A line between a client and a session that can be cut. */
export interface Proxy {
  readonly path: string
  /** Connections so far. */
  readonly count: () => number
  /** Cuts the connection there is: in the middle of whatever is under way. */
  readonly cut: () => void
  /** Cuts each connection once so many bytes have gone through it, either way. Undefined: no more. */
  readonly cutAfter: (bytes: (() => number) | undefined) => void
  /** The client's side breaks, the session's stays open and says nothing: until the test ends. */
  readonly lose: () => void
  /** True: who connects is hung up on. */
  readonly down: (isDown: boolean) => void
}

/** Listens on `path`, and connects to `target` for each who connects. */
export const proxy = async (path: string, target: string): Promise<Proxy> => {
  const sockets = new Set<Net.Socket>()
  let current: { readonly client: Net.Socket; readonly session: Net.Socket } | undefined
  let count = 0
  let limit: (() => number) | undefined
  let isDown = false

  const server = Net.createServer({ allowHalfOpen: true }, (client) => {
    client.on("error", () => {})
    if (isDown) return void client.destroy()
    count++
    const session = Net.connect({ path: target, allowHalfOpen: true })
    session.on("error", () => client.destroy())
    const link = current = { client, session }
    let room = limit?.() ?? Number.POSITIVE_INFINITY
    for (const [from, to] of [[client, session], [session, client]] as const) {
      sockets.add(from)
      from.on("data", (bytes: Buffer) => {
        const part = bytes.subarray(0, room)
        room -= part.length
        if (!to.write(part)) {
          from.pause()
          to.once("drain", () => from.resume())
        }
        if (room > 0) return
        // What was let through arrives.
        from.pause()
        for (const socket of [link.client, link.session]) socket.end(() => socket.destroy())
      })
      from.on("end", () => to.end())
      from.on("close", () => {
        sockets.delete(from)
        if (link.client === from) link.session.end()
      })
    }
  })
  await new Promise<void>((resolve) => server.listen(path, resolve))
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy()
    server.close()
  })

  return {
    path,
    count: () => count,
    cut: () => {
      current?.client.destroy()
      current?.session.destroy()
    },
    cutAfter: (bytes) => {
      limit = bytes
    },
    lose: () => {
      if (current === undefined) return
      const { client, session } = current
      session.pause()
      session.removeAllListeners("data")
      client.removeAllListeners()
      client.on("error", () => {})
      client.destroy()
    },
    down: (now) => {
      isDown = now
    }
  }
}
