/**
 * The executable's entry. Evaluated once, at build time, and kept as a startup snapshot: when a user starts `sesh`,
 * only the function given here runs.
 */
import "./lazySegmenter.ts"
import "./withoutTimers.ts"
import * as v8 from "node:v8"
import { run } from "../entry.ts"
import { inheritedArguments, takeSignals } from "../layers/system/inherited.ts"
import { ignoreInherited } from "../layers/system/processEvents.ts"
import { rehearse } from "./rehearsal.ts"

rehearse()
v8.startupSnapshot.setDeserializeMainFunction(() => {
  const argv = takeSignals(process.argv.slice(2))
  ignoreInherited()
  run(inheritedArguments(argv))
})
