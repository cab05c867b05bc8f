/** The tokens and variables of a configuration (ssh_config(5), TOKENS and ENVIRONMENT VARIABLES). */
import * as Result from "effect/Result"
import { createHash } from "node:crypto"
import * as Path from "node:path"
import { BadConfig } from "./read.ts"

/** By their letter. `%C` is a hash of others. */
export type Tokens = Readonly<Record<"d" | "h" | "i" | "j" | "k" | "L" | "l" | "n" | "p" | "r" | "u", string>>

const connection = ({ h, j, l, p, r }: Tokens): string => createHash("sha1").update(l + h + p + r + j).digest("hex")

/** Expands a leading `~`, `%` tokens and `${VARIABLES}`. Fails for an unknown one. */
export const expand = (
  value: string,
  tokens: Tokens,
  env: Readonly<Record<string, string | undefined>>
): Result.Result<string, BadConfig> => {
  let problem: string | undefined
  const expanded = value.replaceAll(/%(.?)|\$\{([^}]*)\}/g, (whole, token: string | undefined, name: string) => {
    if (token === undefined) {
      const found = env[name]
      if (found === undefined) problem ??= `${value}: there is no ${name} in the environment`
      return found ?? ""
    }
    if (token === "%") return "%"
    if (token === "C") return connection(tokens)
    const found = Object.hasOwn(tokens, token) ? tokens[token as keyof Tokens] : undefined
    if (found === undefined) problem ??= `${value}: ${whole} means nothing`
    return found ?? ""
  })
  if (problem !== undefined) return Result.fail(new BadConfig({ problem }))
  const isHome = expanded === "~" || expanded.startsWith("~/")
  return Result.succeed(isHome ? Path.join(tokens.d, expanded.slice(1)) : expanded)
}
