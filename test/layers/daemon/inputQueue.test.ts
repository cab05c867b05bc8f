import { assert, describe, it } from "@effect/vitest"
import { InputQueue } from "../../../src/layers/daemon/inputQueue.ts"
import { type ClientInput, INPUT_WINDOW_BYTES, newClientInput } from "../../../src/layers/daemon/peer.ts"

/** A program that takes so many writes, and then none. */
const blocked = (takes = 0) => {
  const typed: Array<string> = []
  let room = takes
  const queue = new InputQueue({
    write: (bytes) => {
      typed.push(bytes.toString())
      return --room > 0
    }
  })
  /** As a peer does with a frame. */
  const type = (input: ClientInput, text: string | Buffer): boolean => {
    const bytes = Buffer.from(text as string)
    const isAllowed = input.queued + bytes.length <= 2 * INPUT_WINDOW_BYTES
    if (!isAllowed || !queue.hasRoom(input, bytes.length)) return false
    input.received += bytes.length
    input.queued += bytes.length
    queue.push(input, bytes)
    return true
  }
  /** How often, until there is no room. */
  const fill = (input: ClientInput, text: string | Buffer): number => {
    let count = 0
    while (type(input, text)) count++
    return count
  }
  return {
    queue,
    typed,
    type,
    fill,
    drain: (takes: number) => {
      room = takes
      queue.drain()
    }
  }
}

const KEY = "k"

describe("input for a program that does not read", () => {
  it("is typed in order, whoever typed it, however it was cut", () => {
    const { drain, type, typed } = blocked()
    const [one, other] = [newClientInput(), newClientInput()]
    for (const text of ["a", "b", "c"]) type(one, text)
    type(other, "-")
    for (const text of ["d", "e"]) type(one, text)
    for (let i = 0; i < 10; i++) drain(1)
    assert.strictEqual(typed.join(""), "abc-de")
    assert.deepStrictEqual([one.queued, other.queued, one.pieces, other.pieces], [0, 0, 0, 0])
  })

  it("is as much as the windows of a client, in single keys too", () => {
    const { fill, type } = blocked()
    const client = newClientInput()
    type(client, "first")
    assert.isAbove(fill(client, KEY), INPUT_WINDOW_BYTES)
    assert.isAtMost(client.queued, 2 * INPUT_WINDOW_BYTES)
    // In pieces that are worth their memory.
    assert.isBelow(client.pieces, 1000)
  })

  it("is bounded where keys of two clients alternate, which cannot be merged", () => {
    const { type } = blocked()
    const [one, other] = [newClientInput(), newClientInput()]
    type(one, "first")
    let count = 0
    while (type(one, KEY) && type(other, KEY)) count++
    assert.isAbove(count, 1000)
    assert.isBelow(count, 4000)
  })

  it("is bounded for all clients together", () => {
    const { fill, type } = blocked()
    const clients = Array.from({ length: 100 }, newClientInput)
    type(clients[0]!, "first")
    for (const client of clients) fill(client, Buffer.alloc(32 * 1024))
    const all = clients.reduce((sum, { queued }) => sum + queued, 0)
    assert.isAbove(all, 8 * INPUT_WINDOW_BYTES)
    assert.isAtMost(all, 16 * INPUT_WINDOW_BYTES)
  })

  it("of clients that left is bounded: what is dropped counts as not received, and can be sent again", () => {
    const { drain, fill, queue, type, typed } = blocked()
    const blocker = newClientInput()
    type(blocker, "first")
    const gone = Array.from({ length: 50 }, newClientInput)
    for (const client of gone) {
      fill(client, Buffer.alloc(32 * 1024, "x"))
      queue.leave(client)
    }
    const kept = gone.filter(({ queued }) => queued > 0)
    assert.isAtMost(kept.reduce((sum, { queued }) => sum + queued, 0), 4 * INPUT_WINDOW_BYTES)
    assert.deepStrictEqual(kept, gone.slice(-kept.length), "the oldest went first")
    assert.deepStrictEqual([gone[0]!.received, gone[0]!.queued], [0, 0])
    // One that comes again keeps its input, whoever else leaves.
    const back = kept[0]!
    queue.return(back)
    const { received } = back
    for (let i = 0; i < 20; i++) {
      const client = newClientInput()
      fill(client, Buffer.alloc(32 * 1024, "y"))
      queue.leave(client)
    }
    assert.deepStrictEqual([back.received, back.queued], [received, received])
    drain(Infinity)
    assert.strictEqual(typed.join("").replace("first", "").replaceAll("y", "").length, received)
    assert.strictEqual(back.queued, 0)
  })
})
