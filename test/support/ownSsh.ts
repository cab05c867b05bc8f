import * as fs from "node:fs"
import * as path from "node:path"

/**
 * Puts an `ssh` into a directory, for the PATH: it reads this configuration. By itself it asks the system for the home,
 * and not the environment.
 */
export const ownSsh = (bin: string, config: string): void => {
  fs.mkdirSync(bin, { recursive: true })
  fs.writeFileSync(path.join(bin, "ssh"), `#!/bin/sh\nexec /usr/bin/ssh -F '${config}' "$@"\n`, { mode: 0o755 })
}
