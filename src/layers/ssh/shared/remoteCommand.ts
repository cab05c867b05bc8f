/** A program and its arguments as the one string that sshd hands to the user's shell. */
import { quote } from "../../../schema/Shell.ts"
import { BadArgument } from "../../../services/SshTransport.ts"

/** Bytes of the whole command: Linux takes 128 KiB for one argument (execve(2), MAX_ARG_STRLEN). */
const MAX_COMMAND_BYTES = 120 * 1024

/** What cannot be run anywhere; undefined when nothing speaks against it. */
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
 * Says the marker, so that what login scripts printed before can be told from the program's output, and runs the program
 * as a child, so that a death by signal is a status (128 + n) and not silence: ssh does not hand signals on. The shell's
 * own words about such a death go nowhere. A subshell with exec, because otherwise `echo` would be the shell's own.
 */
const SCRIPT = "printf '%s\\n' \"$1\"; shift; exec 3>&2 2>/dev/null; (exec \"$@\" 2>&3 3>&-); exit $?"

/** The command line for a program, with a marker as the first line of its standard output. */
export const remoteCommand = (argv: ReadonlyArray<string>, marker: string): string =>
  `exec ${["sh", "-c", SCRIPT, "sesh", marker, ...argv].map(quote).join(" ")}`
