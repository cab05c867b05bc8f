/** Our own variables, before a command does anything. */
import * as Effect from "effect/Effect"
import * as Schema from "effect/Schema"
import { problemWithAnyVariable } from "../../schema/Variables.ts"
import { Caller } from "../../services/Caller.ts"

/** One of our variables has a value that means nothing. */
export class InvalidVariable extends Schema.TaggedError<InvalidVariable>()("InvalidVariable", {
  problem: Schema.String
}) {
  override get message() {
    return this.problem
  }
}

/** Fails at the first such variable. */
export const checkVariables = Effect.flatMap(Caller, ({ env }) => {
  const problem = problemWithAnyVariable(env)
  return problem === undefined ? Effect.void : Effect.fail(new InvalidVariable({ problem }))
})
