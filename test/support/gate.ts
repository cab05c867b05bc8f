/** A way to a port on this machine, through the test: what a network does to connections can be done to it. */
import * as net from "node:net"
import type { Way } from "./ground.ts"

type Direction = "to" | "from"

/** How often a slow way lets something through, in milliseconds. */
const TICK_MS = 10

interface Gate extends Way {
  readonly port: number
  readonly stop: () => Promise<void>
}

/** One direction of one connection. */
interface Lane {
  readonly direction: Direction
  readonly from: net.Socket
  readonly into: net.Socket
  /** Has ended, but nobody was told: the way was closed. */
  over: boolean
}

export const gate = async (target: number): Promise<Gate> => {
  const lanes = new Set<Lane>()
  const closed = { to: false, from: false }
  let bytesPerTick = Number.POSITIVE_INFINITY
  const flow = (lane: Lane) => {
    if (closed[lane.direction]) return void lane.from.pause()
    if (lane.over) return end(lane)
    if (lane.into.writableNeedDrain) return
    lane.from.resume()
  }
  const end = (lane: Lane) => {
    lanes.delete(lane)
    lane.from.destroy()
    lane.into.destroy()
  }
  const open = (direction: Direction, from: net.Socket, into: net.Socket) => {
    const lane: Lane = { direction, from, into, over: false }
    lanes.add(lane)
    from.setNoDelay(true)
    from.on("error", () => {})
    into.on("drain", () => flow(lane))
    from.on("data", (bytes: Buffer) => {
      const full = !into.write(bytes)
      if (full || closed[direction]) return void from.pause()
      if (bytes.length <= bytesPerTick) return
      from.pause()
      setTimeout(() => flow(lane), bytes.length / bytesPerTick * TICK_MS)
    })
    from.on("close", () => {
      lane.over = true
      if (!closed[direction]) end(lane)
    })
    if (closed[direction]) from.pause()
  }
  const server = net.createServer((near) => {
    const far = net.connect(target, "127.0.0.1")
    open("to", near, far)
    open("from", far, near)
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  const again = () => {
    for (const lane of lanes) flow(lane)
  }
  return {
    port: (server.address() as net.AddressInfo).port,
    cut: () => {
      closed.to = true
      closed.from = true
      again()
    },
    blackhole: (direction) => {
      closed[direction] = true
      again()
    },
    slow: (kbytesPerSecond) => {
      bytesPerTick = kbytesPerSecond * 1000 * TICK_MS / 1000
    },
    heal: () => {
      closed.to = false
      closed.from = false
      bytesPerTick = Number.POSITIVE_INFINITY
      again()
    },
    stop: () =>
      new Promise((resolve) => {
        for (const lane of lanes) end(lane)
        server.close(() => resolve())
      })
  }
}
