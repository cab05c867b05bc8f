/** Reads the user's list: a file that may be anything. */
import * as Fs from "node:fs"
import { MAX_LIST_BYTES, parseSyncList, type SyncList } from "../../schema/SyncList.ts"
import { isAbsent, reasonOf } from "../system/systemError.ts"

/** Undefined when there is none; a sentence when it cannot be one. */
export const readList = (path: string): SyncList | string | undefined => {
  let fd: number
  try {
    // A fifo would be waited for.
    fd = Fs.openSync(path, Fs.constants.O_RDONLY | Fs.constants.O_NONBLOCK)
  } catch (error) {
    return isAbsent(error) ? undefined : reasonOf(error)
  }
  try {
    if (!Fs.fstatSync(fd).isFile()) return "it is not a file"
    const bytes = Buffer.alloc(MAX_LIST_BYTES + 1)
    const length = Fs.readSync(fd, bytes)
    if (length > MAX_LIST_BYTES) return `it has more than ${MAX_LIST_BYTES / 1024} KiB`
    return parseSyncList(new TextDecoder("utf-8", { fatal: true }).decode(bytes.subarray(0, length)))
  } catch (error) {
    return error instanceof TypeError ? "it is not text in UTF-8" : reasonOf(error)
  } finally {
    Fs.closeSync(fd)
  }
}
