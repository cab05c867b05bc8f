/** One program, two roles: the command line, and the daemon that owns a session. */
import * as daemon from "./daemon.ts"
import * as main from "./main.ts"

/** How the client starts a daemon: the first argument, which is no session name. */
const DAEMON = "--daemon"

/** `argv` holds the user's arguments only. */
export const run = (argv: ReadonlyArray<string>): void => argv[0] === DAEMON ? daemon.main() : main.main(argv)

// Development: `node src/entry.ts …`. In the executable there is no such thing as a main module.
if (import.meta.main) run(process.argv.slice(2))
