/** The hashes of a registry: Subresource Integrity (W3C), as npm's `dist.integrity`. */
import { createHash } from "node:crypto"

/** Weaker ones, SHA-1 among them, can be forged. Strongest first. */
const ALGORITHMS = ["sha512", "sha384", "sha256"] as const

export interface Verifier {
  readonly update: (bytes: Uint8Array) => void
  /** Whether these were the bytes. */
  readonly matches: () => boolean
}

/** Undefined: the text has no hash that is strong enough. */
export const verifierOf = (integrity: string): Verifier | undefined => {
  const hashes = integrity.trim().split(/\s+/).map((one) => /^(sha\d+)-([A-Za-z0-9+/]+=*)(\?.*)?$/.exec(one))
  const algorithm = ALGORITHMS.find((algorithm) => hashes.some((hash) => hash?.[1] === algorithm))
  if (algorithm === undefined) return undefined
  const wanted = new Set(hashes.filter((hash) => hash?.[1] === algorithm).map((hash) => hash![2]!))
  const hash = createHash(algorithm)
  return { update: (bytes) => void hash.update(bytes), matches: () => wanted.has(hash.digest("base64")) }
}
