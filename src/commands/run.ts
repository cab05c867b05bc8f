import * as Effect from "effect/Effect"
import { parser } from "./language/parse.ts"
import { checkVariables } from "./language/variables.ts"
import { Verbs } from "./language/verb.ts"
import { verbs } from "./verbs.ts"
import { reportFailures } from "./words/report.ts"

const parse = parser(verbs)

/** Runs one command line, reports its expected failures to the user, and returns the exit code. */
export const run = (argv: ReadonlyArray<string>) =>
  reportFailures(
    Effect.flatMap(parse(argv), (request) =>
      request.ignoresVariables ? request.run : Effect.andThen(checkVariables, request.run))
  ).pipe(Effect.provideService(Verbs, verbs))
