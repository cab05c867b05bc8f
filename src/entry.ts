/** One program: the command line, the daemon that owns a session, and a look whether it works here. */
import * as daemon from "./daemon.ts"
import { DAEMON_FLAG } from "./layers/launcher/channel.ts"
import { CHECK_FLAG, selfCheck } from "./layers/pty/selfCheck.ts"
import * as main from "./main.ts"

/** `argv` holds the user's arguments only. */
export const run = (argv: ReadonlyArray<string>): void => {
  if (argv[0] === DAEMON_FLAG) daemon.main()
  else if (argv[0] === CHECK_FLAG && argv.length === 1) selfCheck()
  else main.main(argv)
}

// Development: `node src/entry.ts …`. In the executable there is no such thing as a main module.
if (import.meta.main) run(process.argv.slice(2))
