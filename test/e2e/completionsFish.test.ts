import { suite } from "../support/completionSuite.ts"
import { FISH } from "../support/shells.ts"

suite({ ...FISH, name: "fish", load: ["sesh --completions fish | source"] })
