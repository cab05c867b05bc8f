/** An executable, as it is sent: read and compressed once for all hosts, while the first ones receive it. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import * as Crypto from "node:crypto"
import * as Fs from "node:fs"
import type { Transform } from "node:stream"
import { pipeline } from "node:stream/promises"
import * as Zlib from "node:zlib"
import { reasonOf } from "../system/systemError.ts"
import type { Encoding } from "./hostReport.ts"
import { END_MARK } from "./scripts.ts"

/** Read and passed on at a time. */
const CHUNK_BYTES = 256 * 1024

const END = Buffer.from(END_MARK)

/**
 * Chosen by the time until all has arrived, at 5 and 20 Mbit/s, while one processor compresses (docs/deploy.md).
 * The window is the largest that `zstd -d` allows without being told to: 128 MB.
 */
const COMPRESSORS: Readonly<Record<Encoding, (() => Transform) | undefined>> = {
  zstd: () => {
    // Asked here: a built-in that is used when this file is loaded makes the executable larger, and its start slower.
    const { ZSTD_c_compressionLevel, ZSTD_c_enableLongDistanceMatching, ZSTD_c_windowLog } = Zlib.constants
    return Zlib.createZstdCompress({
      chunkSize: CHUNK_BYTES,
      params: { [ZSTD_c_compressionLevel]: 9, [ZSTD_c_enableLongDistanceMatching]: 1, [ZSTD_c_windowLog]: 27 }
    })
  },
  gzip: () => Zlib.createGzip({ level: 6, chunkSize: CHUNK_BYTES }),
  plain: undefined
}

/** An executable is missing, or cannot be read; or cannot be unpacked, for want of a place or of room. */
export class ExecutableUnreadable extends Schema.TaggedError<ExecutableUnreadable>()("ExecutableUnreadable", {
  /** Missing: this sesh runs from source, and none was built. */
  path: Schema.optionalKey(Schema.String),
  during: Schema.Literals(["find", "unpack", "open", "read"]),
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    switch (this.during) {
      case "find":
        return "this sesh runs from source and was not built"
      case "unpack":
        return `${this.path} cannot be used (${reasonOf(this.cause)})`
      case "open":
        return `${this.path} cannot be read (${reasonOf(this.cause)})`
      case "read":
        return String(this.cause)
    }
  }
}

/** A compressed file with END_MARK at its end, which grows in memory while it is read from its beginning. */
export interface Packed {
  /** All of it so far. */
  readonly chunks: ReadonlyArray<Buffer>
  /** Its bytes when it is whole; an estimate until then. */
  readonly total: () => number
  readonly isWhole: () => boolean
  /** Why it could not be read. */
  readonly failure: () => ExecutableUnreadable | undefined
  /** Calls back once, when there is more or it is complete. */
  readonly more: (listener: () => void) => void
}

export interface Executable {
  /** Bytes. */
  readonly size: number
  /** SHA-256 in hexadecimal. */
  readonly sum: string
  /** The first call starts the work; later calls share its result. */
  readonly packed: (how: Encoding) => Packed
  readonly close: () => void
}

const read = async function*(fd: number, isOpen = () => true): AsyncGenerator<Buffer> {
  for (let at = 0; isOpen();) {
    const chunk = Buffer.allocUnsafe(CHUNK_BYTES)
    const bytes = await new Promise<number>((resolve, reject) =>
      Fs.read(fd, chunk, 0, CHUNK_BYTES, at, (error, bytes) => error === null ? resolve(bytes) : reject(error))
    )
    if (bytes === 0) return
    at += bytes
    yield chunk.subarray(0, bytes)
  }
}

const pack = (fd: number, isOpen: () => boolean, size: number, how: Encoding): Packed => {
  const chunks: Array<Buffer> = []
  let taken = 0
  let made = 0
  let whole = false
  let failure: ExecutableUnreadable | undefined
  let listeners: Array<() => void> = []
  const notify = () => {
    const waiting = listeners
    listeners = []
    for (const listener of waiting) listener()
  }
  const counted = async function*() {
    for await (const chunk of read(fd, isOpen)) {
      taken += chunk.length
      yield chunk
    }
  }
  const keep = async (source: AsyncIterable<Buffer>) => {
    for await (const chunk of source) {
      chunks.push(chunk)
      made += chunk.length
      notify()
    }
    chunks.push(END)
    made += END.length
  }
  const packer = COMPRESSORS[how]?.()
  const run = packer === undefined ? pipeline(counted, keep) : pipeline(counted, packer, keep)
  const failed = (cause: unknown) => void (failure = new ExecutableUnreadable({ during: "read", cause }))
  void run.then(() => void (whole = true), failed).then(notify)
  return {
    chunks,
    total: () => whole ? made : taken === 0 ? size : Math.max(made, Math.round(made / taken * size)),
    isWhole: () => whole,
    failure: () => failure,
    more: (listener) => whole || failure !== undefined ? setImmediate(listener) : listeners.push(listener)
  }
}

/** Opens it, and takes its size and hash. A later change of the path does not matter. */
export const openExecutable = (path: string): Effect.Effect<Executable, ExecutableUnreadable> =>
  Effect.tryPromise({
    try: async () => {
      const fd = Fs.openSync(path, "r")
      const hash = Crypto.createHash("sha256")
      let size = 0
      let isOpen = true
      try {
        for await (const chunk of read(fd)) {
          size += chunk.length
          hash.update(chunk)
        }
      } catch (cause) {
        Fs.closeSync(fd)
        throw cause
      }
      const kinds = new Map<Encoding, Packed>()
      return {
        size,
        sum: hash.digest("hex"),
        packed: (how) => {
          const packed = kinds.get(how) ?? pack(fd, () => isOpen, size, how)
          kinds.set(how, packed)
          return packed
        },
        close: () => {
          isOpen = false
          kinds.clear()
          Fs.closeSync(fd)
        }
      }
    },
    catch: (cause) => new ExecutableUnreadable({ path, during: "open", cause })
  })
