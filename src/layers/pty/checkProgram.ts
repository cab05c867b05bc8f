/** Checks a program before it is started: later, its failure would be seen on the new terminal only. */
import * as Result from "effect/Result"
import * as fs from "node:fs"
import * as path from "node:path"
import { fromBytes, pathOf } from "../../schema/ByteString.ts"
import { PtyError, type PtySpec } from "../../services/Pty.ts"
import { quietly } from "../system/quietly.ts"

/** The path on which programs are looked up when PATH is not set. */
const DEFAULT_PATH = "/usr/local/bin:/usr/bin:/bin:/usr/sbin:/sbin"

/** Bytes of a script in which the kernel looks for its interpreter (BINPRM_BUF_SIZE). */
const SHEBANG_BYTES = 256

type Found = "absent" | "directory" | "not executable" | "executable"

const mayExecute = (file: string): boolean =>
  quietly(() => {
    fs.accessSync(pathOf(file), fs.constants.X_OK)
    return true
  }, false)

const statOf = (file: string): fs.Stats | undefined => quietly(() => fs.statSync(pathOf(file)))

const inspect = (file: string): Found => {
  const stats = statOf(file)
  if (stats === undefined) return "absent"
  if (stats.isDirectory()) return "directory"
  return stats.isFile() && mayExecute(file) ? "executable" : "not executable"
}

const problemOfDirectory = (dir: string): string | undefined => {
  const shown = JSON.stringify(dir)
  const stats = statOf(dir)
  if (stats === undefined) return `the directory ${shown} does not exist`
  if (!stats.isDirectory()) return `${shown} is not a directory`
  return mayExecute(dir) ? undefined : `the directory ${shown} cannot be entered`
}

/** A script whose interpreter does not exist would fail with "No such file" and not name it. */
const problemOfScript = (file: string): string | undefined =>
  // A script that is executable and not readable is fine.
  quietly(() => {
    const fd = fs.openSync(pathOf(file), "r")
    const start = Buffer.alloc(SHEBANG_BYTES)
    try {
      fs.readSync(fd, start)
    } finally {
      fs.closeSync(fd)
    }
    const interpreter = /^#![ \t]*(\/[^ \t\r\n\0]*)/.exec(start.toString("latin1"))?.[1]
    return interpreter === undefined || statOf(fromBytes(Buffer.from(interpreter, "latin1"))) !== undefined
      ? undefined
      : `its interpreter ${JSON.stringify(interpreter)} does not exist`
  })

const unusable = (file: string, problem: string, kind: PtyError["kind"] = "other"): Result.Result<never, PtyError> =>
  Result.fail(new PtyError({ file, problem, kind }))

const PROBLEMS = {
  absent: { problem: "no such file", kind: "not found" },
  directory: { problem: "it is a directory", kind: "not executable" },
  "not executable": { problem: "it is not executable", kind: "not executable" }
} as const

/** Searches as execvp(3) does: finds the first that can be executed. One that cannot counts only if no other can. */
const search = (name: string, cwd: string, searchPath: string): Result.Result<string, PtyError> => {
  let best: Found = "absent"
  for (const dir of searchPath.split(":")) {
    const file = path.resolve(cwd, dir, name)
    const found = inspect(file)
    if (found === "executable") return Result.succeed(file)
    if (found === "not executable") best = found
  }
  if (best === "absent") return unusable(name, "no such command on the PATH", "not found")
  return Result.fail(new PtyError({ file: name, ...PROBLEMS["not executable"] }))
}

const locate = ({ cwd, env, file }: PtySpec): Result.Result<string, PtyError> => {
  if (!file.includes("/")) return search(file, cwd, env["PATH"] || DEFAULT_PATH)
  const found = inspect(path.resolve(cwd, file))
  return found === "executable"
    ? Result.succeed(path.resolve(cwd, file))
    : Result.fail(new PtyError({ file, ...PROBLEMS[found] }))
}

const hasNul = ({ args, cwd, env, file }: PtySpec) =>
  [file, cwd, ...args, ...Object.keys(env), ...Object.values(env)].some((text) => text.includes("\0"))

/** The file that the system would run for `spec`, or what is wrong with it. */
export const checkProgram = (spec: PtySpec): Result.Result<string, PtyError> => {
  if (spec.file === "") return unusable(spec.file, "the command is empty", "not found")
  if (hasNul(spec)) {
    return unusable(spec.file, "a NUL character is in the command, its directory or its environment")
  }
  const directory = problemOfDirectory(spec.cwd)
  if (directory !== undefined) return unusable(spec.file, directory)
  return Result.flatMap(locate(spec), (file) => {
    const script = problemOfScript(file)
    if (script !== undefined) return unusable(spec.file, script, "not executable")
    // Of a path that the user gave, a script gets to see each letter.
    return Result.succeed(spec.file.includes("/") ? spec.file : file)
  })
}
