/** One program, two roles: the command line, and the daemon that owns a session. */
import * as daemon from "./daemon.ts"
import { DAEMON_FLAG } from "./layers/internal/launchChannel.ts"
import * as main from "./main.ts"

/** `argv` holds the user's arguments only. */
export const run = (argv: ReadonlyArray<string>): void => argv[0] === DAEMON_FLAG ? daemon.main() : main.main(argv)

// Development: `node src/entry.ts …`. In the executable there is no such thing as a main module.
if (import.meta.main) run(process.argv.slice(2))
