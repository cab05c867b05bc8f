/** What the system says of a call that failed. */
import { getSystemErrorMap } from "node:util"

/** The error's name, such as ENOENT (errno(3)); or whatever else was thrown, as text. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** There is no such file, nor can there be: what should be a directory on the way is none. */
export const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error))

/** In the system's own words, without the call and its arguments: "no such file or directory". */
export const reasonOf = (error: unknown): string => {
  const { errno, message } = error as NodeJS.ErrnoException
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message ?? String(error)
}
