/** Reads the user's list, which may be any kind of file. */
import * as Fs from "node:fs"
import { MAX_LIST_BYTES, parseSyncList, type SyncList } from "../../schema/SyncList.ts"
import { isAbsent, reasonOf } from "../system/systemError.ts"

/** Undefined: there is no list. A string: why it cannot be read. */
export const readList = (path: string): SyncList | string | undefined => {
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
