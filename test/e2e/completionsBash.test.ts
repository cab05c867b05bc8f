import { brief, suite } from "../support/completionSuite.ts"
import { BASH, BASH_COMPLETION } from "../support/shells.ts"

const LOAD = "eval \"$(sesh --completions bash)\""

suite({ ...BASH, name: "bash", load: [LOAD] })

brief({
  ...BASH,
  name: "bash that ends at errors and unset variables",
  load: ["set -eu", LOAD, "IFS=e; shopt -s failglob nocaseglob"]
})

suite({
  ...BASH,
  name: "bash with the package bash-completion",
  needs: [...BASH.needs, BASH_COMPLETION],
  load: [`. ${BASH_COMPLETION}`, LOAD],
  knowsCommands: true
})

brief({ ...BASH, name: "bash as POSIX wants it", load: ["set -o posix", LOAD] })
