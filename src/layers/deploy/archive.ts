/** The executable in a platform's npm package. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { createTarDecoder } from "modern-tar"
import * as Fs from "node:fs"
import * as Zlib from "node:zlib"
import { visible } from "../../schema/Text.ts"
import { codeOf } from "../system/systemError.ts"
import { ExecutableUnreadable } from "./executable.ts"
import { createUnfinished } from "./executableCache.ts"

/** Bytes of a manifest, which has a page. */
const MAX_MANIFEST_BYTES = 1_000_000

/** Bytes of all files of a package, whose executable has a hundred million: an archive may be made to fill a disk. */
export const MAX_BYTES = 1_000_000_000

/** An archive is not a package of sesh for this platform in this version. */
export class ArchiveUnfit extends Schema.TaggedError<ArchiveUnfit>()("ArchiveUnfit", {
  /** What it is, in a line without control characters. */
  problem: Schema.String,
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    return this.problem
  }
}

export interface Wanted {
  /** In Node's names: `linux-arm64`. */
  readonly platform: string
  readonly version: string
}

export const unfit = (problem: string, cause?: unknown): ArchiveUnfit =>
  new ArchiveUnfit({ problem: visible(problem).slice(0, 200), ...(cause === undefined ? {} : { cause }) })

/** What a manifest says that is not as it should be. */
const problemOf = (text: string, { platform, version }: Wanted): string | undefined => {
  const { cpu, os, version: has } = (JSON.parse(text) ?? {}) as Readonly<Record<string, unknown>>
  if (has !== version) return `it is of version ${String(has)}, not ${version}`
  const list = (value: unknown): ReadonlyArray<unknown> => Array.isArray(value) ? value : []
  const [wantedOs, wantedCpu] = platform.split("-")
  return list(os).includes(wantedOs) && list(cpu).includes(wantedCpu) ? undefined : `it is not for ${platform}`
}

interface Entry {
  readonly header: { readonly name: string; readonly size: number; readonly type?: string }
  readonly body: ReadableStream<Uint8Array>
}

const textOf = async ({ body, header }: Entry): Promise<string> => {
  if (header.size > MAX_MANIFEST_BYTES) throw unfit("its package.json is too long")
  return new Response(body).text()
}

const write = async ({ body }: Entry, to: string): Promise<void> => {
  const file = createUnfinished(to)
  try {
    for await (const chunk of body) file.write(chunk)
  } finally {
    file.close()
  }
}

/** A package's files are in one folder, of whatever name (npm calls it `package`). */
const read = async (entries: ReadableStream<Entry>, to: string, wanted: Wanted): Promise<void> => {
  let [isFit, isThere] = [false, false]
  for await (const entry of entries) {
    const name = entry.header.name.replace(/^[^/]*\//, "")
    if (name === "package.json") {
      const problem = problemOf(await textOf(entry), wanted)
      if (problem !== undefined) throw unfit(problem)
      isFit = true
    } else if (name === "bin/sesh" && entry.header.type === "file" && !isThere) {
      await write(entry, to)
      isThere = true
    } else {
      // Not cancelled: modern-tar 0.8 then loses the next entry, when this one has few bytes.
      await entry.body.pipeTo(new WritableStream())
    }
  }
  if (!isFit || !isThere) throw unfit("it has no executable")
}

const isOurs = (reason: unknown): reason is ArchiveUnfit | ExecutableUnreadable =>
  reason instanceof ArchiveUnfit || reason instanceof ExecutableUnreadable

const unpack = async (archive: string, to: string, wanted: Wanted, signal: AbortSignal): Promise<void> => {
  const decoder = createTarDecoder({ strict: true })
  const writer = decoder.writable.getWriter()
  const feed = async () => {
    const source = Fs.createReadStream(archive, { signal })
    const plain = source.pipe(Zlib.createGunzip())
    source.once("error", (error) => plain.destroy(error))
    let bytes = 0
    try {
      for await (const chunk of plain as AsyncIterable<Buffer>) {
        bytes += chunk.length
        if (bytes > MAX_BYTES) throw unfit("it is too long")
        await writer.write(chunk)
      }
      await writer.close()
    } catch (cause) {
      await writer.abort(cause).catch(() => {})
      throw cause
    } finally {
      source.destroy()
    }
  }
  const [fed, done] = await Promise.allSettled([feed(), read(decoder.readable as ReadableStream<Entry>, to, wanted)])
  // The reason is where it began: what is read fails with what feeds it, and the other way round.
  for (const settled of [done, fed]) if (settled.status === "rejected" && isOurs(settled.reason)) throw settled.reason
  for (const settled of [fed, done]) if (settled.status === "rejected") throw settled.reason
}

/** Writes the executable of a package to a new file, once it is sure which platform and version it is of. */
export const unpackExecutable = (
  archive: string,
  to: string,
  wanted: Wanted
): Effect.Effect<void, ArchiveUnfit | ExecutableUnreadable> =>
  Effect.tryPromise({
    try: (signal) => unpack(archive, to, wanted, signal),
    catch: (cause) => isOurs(cause) ? cause : unfit(`it cannot be unpacked (${codeOf(cause)})`, cause)
  })
