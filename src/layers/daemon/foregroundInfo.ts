/** What a listing says of the program that a session shows now. */
import type { SessionInfo } from "../../schema/Session.ts"
import type { Foreground } from "../../services/Pty.ts"

/** Longest listed command of the foreground. */
const FOREGROUND_CHARACTERS = 4096

/** Its command is cut at {@link FOREGROUND_CHARACTERS}. */
export const foregroundInfo = ({ command, cwd }: Foreground): Pick<SessionInfo, "cwd" | "foreground"> => ({
  ...(cwd === undefined ? {} : { cwd }),
  ...(command === undefined ? {} : { foreground: command.slice(0, FOREGROUND_CHARACTERS) })
})
