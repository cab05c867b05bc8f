/** Number of bytes at the end that begin a UTF-8 character and do not end it (RFC 3629, section 4). */
export const incomplete = (bytes: Buffer): number => {
  const { length } = bytes
  for (let back = 1; back <= Math.min(3, length); back++) {
    const byte = bytes[length - back]!
    if (byte < 0x80) return 0
    if (byte < 0xc0) continue
    const wanted = byte >= 0xf0 ? 4 : byte >= 0xe0 ? 3 : 2
    return byte < 0xf8 && wanted > back ? back : 0
  }
  return 0
}
