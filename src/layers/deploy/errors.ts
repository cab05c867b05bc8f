/** The errors of a deployment. */
import { visible } from "../../schema/Text.ts"
import { DeployError, type DeployStep } from "../../services/Deployer.ts"
import type { StartFailure } from "../../services/SshTransport.ts"
import type { CLibrary } from "./cLibrary.ts"
import { explainCLibrary, explainStep } from "./diagnosis.ts"
import type { ExecutableUnreadable } from "./executable.ts"
import { gist, type HostFacts } from "./hostReport.ts"
import type { NoExecutable } from "./otherExecutable.ts"
import type { Own } from "./ownExecutable.ts"

const line = (text: string): string => visible(text.replaceAll("\n", " "))

export const failure = (
  host: string,
  step: DeployStep,
  problem: string,
  stderr = "",
  advice = "try again",
  cause?: unknown
): DeployError =>
  new DeployError({
    host,
    step,
    problem: line(problem),
    advice: line(advice),
    stderr,
    ...(cause === undefined ? {} : { cause })
  })

/** A failure of ssh, whose message has its own advice. */
export const lost = (host: string, step: DeployStep, error: StartFailure): DeployError =>
  error._tag === "BadArgument"
    ? failure(host, step, error.message, "", undefined, error)
    : failure(
      host,
      "connect",
      error.message,
      "",
      step === "transfer" ? "what arrived there is kept for a day; try again, and the rest is sent" : "",
      error
    )

const kept = ({ sesh }: HostFacts): string =>
  typeof sesh === "object" && "version" in sesh ? `, and sesh ${sesh.version} there is left as it was` : ""

/** The C library of a host is not one that our executables run with. */
export const unfit = (
  host: string,
  system: string,
  platform: string,
  cLibrary: Exclude<CLibrary, "fits">
): DeployError => {
  const { advice, problem } = explainCLibrary(host, system, platform, cLibrary)
  return failure(host, "detect_platform", problem, "", advice)
}

/** The step at which a script on the host stopped. */
export const afterStep = (
  host: string,
  facts: HostFacts,
  step: DeployStep,
  stderr: string,
  bytes: number
): DeployError => {
  const { advice, problem } = explainStep(host, step, stderr, bytes)
  return failure(host, step, `${problem}${kept(facts)}`, stderr, advice)
}

export const nothingToSend = (host: string, cause: ExecutableUnreadable): DeployError =>
  failure(host, "transfer", `the executable cannot be read (${cause.message})`, "", undefined, cause)

/** Our own executable is for another platform, and there is none for the host's. */
const noneFor = (
  { hasNpm, platform, system }: HostFacts,
  host: string,
  own: Own,
  packageName: string,
  { isAbsent, message }: NoExecutable
) => ({
  problem: `this sesh is for ${own.platform}, and ${host} is ${platform} (${system}); ${message}`,
  advice: [
    ...isAbsent ? [] : ["make that right and try again"],
    ...hasNpm ? [] : [`install Node.js with npm on ${host}`],
    `publish ${packageName}-${platform} to a registry (SESH_NPM_REGISTRY, SESH_NPM_PACKAGE)`,
    "set SESH_EXECUTABLES to a folder with it (npm run pack -- --all)",
    `or put a sesh for ${platform} to ~/.local/bin/sesh there yourself`
  ].join(", ")
})

/** Neither npm nor a copy is possible: says what would help. */
export const noWay = (
  host: string,
  facts: HostFacts,
  own: Own,
  packageName: string,
  npm: DeployError | undefined,
  cause: ExecutableUnreadable | NoExecutable
): DeployError => {
  const { advice, problem } = cause._tag === "NoExecutable"
    ? noneFor(facts, host, own, packageName, cause)
    : { problem: cause.message, advice: "build it (npm run build), and try again" }
  return failure(
    host,
    npm?.step ?? (cause._tag === "NoExecutable" ? "fetch" : "detect_platform"),
    facts.hasNpm
      ? `npm there cannot install it (${npm === undefined ? "" : gist(npm.stderr) || npm.problem}), and ${problem}`
      : `${problem}; there is no npm on its PATH`,
    npm?.stderr ?? "",
    advice,
    cause
  )
}
