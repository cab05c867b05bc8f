/** Reads the user's list, which may be any kind of file. */
import * as Option from "effect/Option"
import * as Result from "effect/Result"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import { MAX_LIST_BYTES, parseSyncList, type SyncList } from "../../schema/SyncList.ts"
import { isAbsent, reasonOf } from "../system/systemError.ts"

/** What should be the list cannot be one. */
export class BadSyncList extends Schema.TaggedError<BadSyncList>()("BadSyncList", {
  path: Schema.String,
  fault: Schema.Literals(["not a file", "too large", "not text", "not readable"]),
  /** Of a file that cannot be read, or read as text. */
  cause: Schema.optionalKey(Schema.Defect())
}) {
  override get message() {
    switch (this.fault) {
      case "not a file":
        return "it is not a file"
      case "too large":
        return `it has more than ${MAX_LIST_BYTES / 1024} KiB`
      case "not text":
        return "it is not text in UTF-8"
      case "not readable":
        return reasonOf(this.cause)
    }
  }
}

/** Undefined: there is no list. A string: why it cannot be read. */
export const readList = (path: string): Result.Result<Option.Option<SyncList>, BadSyncList> => {
  const bad = (fault: BadSyncList["fault"], cause?: unknown) =>
    Result.fail(new BadSyncList({ path, fault, ...(cause === undefined ? {} : { cause }) }))
  let fd: number
  try {
    // Opening a fifo would block.
    fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  } catch (cause) {
    return isAbsent(cause) ? Result.succeed(Option.none()) : bad("not readable", cause)
  }
  try {
    if (!Fs.fstatSync(fd).isFile()) return bad("not a file")
    const bytes = Buffer.alloc(MAX_LIST_BYTES + 1)
    const length = Fs.readSync(fd, bytes)
    if (length > MAX_LIST_BYTES) return bad("too large")
    const text = new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length))
    return Result.succeed(Option.some(parseSyncList(text)))
  } catch (cause) {
    return bad(cause instanceof TypeError ? "not text" : "not readable", cause)
  } finally {
    Fs.closeSync(fd)
  }
}
