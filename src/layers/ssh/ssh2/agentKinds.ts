/** The kinds of keys that an ssh-agent has. The library silently skips those that it cannot use. */
import * as Net from "node:net"

/** SSH_AGENTC_REQUEST_IDENTITIES and its answer (draft-miller-ssh-agent, section 5.1). */
const REQUEST = Buffer.from([0, 0, 0, 1, 11])
const ANSWER = 12

/** Bytes of an answer: the most that OpenSSH's agent gives (AGENT_MAX_LEN in ssh-agent.c). */
const MAX_ANSWER_BYTES = 256 * 1024

/** A running agent needs less than one. */
const ANSWER_TIMEOUT_MS = 1000

const kindsIn = (answer: Buffer): ReadonlyArray<string> => {
  const kinds: Array<string> = []
  let at = 5
  const text = (): Buffer => {
    const end = at + 4 + answer.readUInt32BE(at)
    const found = answer.subarray(at + 4, end)
    at = end
    return found
  }
  for (let left = answer.readUInt32BE(1); left > 0 && at + 4 <= answer.length; left--) {
    const key = text()
    if (key.length > 4) kinds.push(key.toString("latin1", 4, 4 + key.readUInt32BE(0)))
    if (at + 4 <= answer.length) text()
  }
  return kinds
}

/** Empty where the agent does not answer. */
export const agentKinds = (path: string): Promise<ReadonlyArray<string>> =>
  new Promise((resolve) => {
    const socket = Net.connect(path)
    let received: Buffer = Buffer.alloc(0)
    const finish = (kinds: ReadonlyArray<string>) => {
      socket.destroy()
      resolve(kinds)
    }
    socket.setTimeout(ANSWER_TIMEOUT_MS, () => finish([]))
    socket.on("error", () => finish([]))
    socket.on("close", () => finish([]))
    socket.on("data", (bytes: Buffer) => {
      received = Buffer.concat([received, bytes])
      if (received.length > MAX_ANSWER_BYTES) return finish([])
      const length = received.length < 9 ? MAX_ANSWER_BYTES : received.readUInt32BE(0)
      if (received.length < 4 + length) return undefined
      return finish(received[4] === ANSWER ? kindsIn(received.subarray(4, 4 + length)) : [])
    })
    socket.write(REQUEST)
  })
