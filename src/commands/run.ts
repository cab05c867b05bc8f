import * as Effect from "effect/Effect"
import { told } from "./hosts/onHost.ts"
import { parser } from "./language/parse.ts"
import { Verbs } from "./language/verb.ts"
import { verbs } from "./verbs.ts"

const parse = parser(verbs)

/** Runs one command line and gives the exit code. Expected failures have been told to the user by then. */
export const run = (argv: ReadonlyArray<string>) =>
  told(Effect.flatMap(parse(argv), (request) => request.run)).pipe(Effect.provideService(Verbs, verbs))
