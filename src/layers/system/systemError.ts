/** What the system reports of a failed call. */
import { getSystemErrorMap } from "node:util"

/** The error's name, such as ENOENT (errno(3)); or any other thrown value, as text. */
export const codeOf = (error: unknown): string => (error as NodeJS.ErrnoException).code ?? String(error)

/** Why nothing can be written to a disk, by the error's name: the same words for all files. */
const DISK: Readonly<Record<string, string>> = {
  ENOSPC: "the disk is full",
  EDQUOT: "the disk quota is used up",
  EROFS: "the file system is read-only"
}

/** What is wrong with the disk; undefined when the error is another one. */
export const diskProblem = (code: string): string | undefined => DISK[code]

/** There is no such file: it is missing, or a parent is not a directory. */
export const isAbsent = (error: unknown): boolean => ["ENOENT", "ENOTDIR"].includes(codeOf(error))

/** The system's own text, without the call and its arguments: "no such file or directory". */
export const reasonOf = (error: unknown): string => {
  const { errno, message } = error as NodeJS.ErrnoException
  return getSystemErrorMap().get(errno ?? 0)?.[1] ?? message ?? String(error)
}

/** What processes and files need, by the error of a call that did not get it, and the limit that may be raised. */
const SHORTAGES: Readonly<Record<string, string>> = {
  EAGAIN: "no more processes can be started here (ulimit -u, or the limit of a container)",
  EMFILE: "too many open files (ulimit -n)",
  ENFILE: "too many open files on this machine",
  ENOMEM: "too little memory is left"
}

/** Why a program could not be started, if the system had not enough for it; undefined for other reasons. */
export const shortageOf = (error: unknown): string | undefined => SHORTAGES[codeOf(error)]
