/**
 * What the executable is made of: evaluated once, at build time, and then kept as a startup snapshot.
 * What runs when a user starts `sesh` is only the function handed over here.
 */
import "./lazySegmenter.ts"
import "./withoutTimers.ts"
import * as v8 from "node:v8"
import { run } from "../entry.ts"
import { rehearse } from "./rehearsal.ts"

rehearse()
v8.startupSnapshot.setDeserializeMainFunction(() => run(process.argv.slice(2)))
