/** The public half of a private key that is still locked (PROTOCOL.key in OpenSSH's sources). */

const MAGIC = "openssh-key-v1\0"

/** Undefined when the file is not in OpenSSH's own format. */
export const publicPart = (file: Buffer): Buffer | undefined => {
  const found = /-----BEGIN OPENSSH PRIVATE KEY-----([A-Za-z0-9+/=\s]+)-----END/.exec(file.toString("latin1"))
  if (found === null) return undefined
  const bytes = Buffer.from(found[1]!, "base64")
  if (bytes.toString("latin1", 0, MAGIC.length) !== MAGIC) return undefined
  let at = MAGIC.length
  const text = (): Buffer | undefined => {
    if (bytes.length < at + 4) return undefined
    const start = at + 4
    at = start + bytes.readUInt32BE(at)
    return at <= bytes.length ? bytes.subarray(start, at) : undefined
  }
  // Cipher, key derivation, its options, and the number of keys, which is 1.
  if (text() === undefined || text() === undefined || text() === undefined) return undefined
  at += 4
  return text()
}
