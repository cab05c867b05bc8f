/** A program and its arguments as the one string that sshd hands to the user's shell. */
import { quote } from "../../../schema/Shell.ts"
import { BadArgument } from "../../../services/SshTransport.ts"

/** Bytes of the whole command: Linux limits one argument to 128 KiB (execve(2), MAX_ARG_STRLEN). */
const MAX_COMMAND_BYTES = 120 * 1024

/** The first argument that no host can run; undefined when all are valid. */
export const badArgument = (argv: ReadonlyArray<string>): BadArgument | undefined => {
  const bad = (argument: string, rule: string) => new BadArgument({ argument, rule })
  const [program = ""] = argv
  if (program === "") return bad(program, "the name of the program is missing")
  if (program.startsWith("-")) return bad(program, "a program's name must not start with \"-\"")
  const zero = argv.find((argument) => argument.includes("\0"))
  if (zero !== undefined) return bad(zero, "it has a NUL byte")
  const lone = argv.find((argument) => !argument.isWellFormed())
  if (lone !== undefined) return bad(lone, "it is not Unicode text")
  const bytes = Buffer.byteLength(argv.map(quote).join(" "))
  if (bytes > MAX_COMMAND_BYTES) return bad(program, `the command has ${bytes} bytes, ${MAX_COMMAND_BYTES} is the most`)
  return undefined
}

/**
 * Prints the marker, which separates the output of login scripts from the program's, and at the end a mark with the
 * exit code on both outputs (see `EndMark`). Runs the program as a child: a death by signal then is a status (128 + n),
 * which ssh would not pass on. The shell's own message about such a death is dropped. A subshell with exec, because
 * `echo` would be the shell's builtin otherwise. No variables: the user may have exported any.
 */
const SCRIPT = [
  "printf '%s\\n' \"$1\"",
  "exec 3>&2 2>/dev/null",
  "(shift; exec \"$@\" 2>&3 3>&-)",
  "set -- \"$1\" \"$?\"",
  "printf '\\036%s %03d\\n' \"$@\"",
  "printf '\\036%s %03d\\n' \"$@\" >&3",
  "exit \"$2\""
].join("; ")

/** The command line for a program, with a marker as the first line of its standard output. */
export const remoteCommand = (argv: ReadonlyArray<string>, marker: string): string =>
  `exec ${["sh", "-c", SCRIPT, "sesh", marker, ...argv].map(quote).join(" ")}`
