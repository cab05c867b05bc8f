/** What went wrong with a host, as a command tells it. */
import { quoteIfNeeded } from "../../schema/Shell.ts"
import { isAsNewAs } from "../../schema/Version.ts"
import { HostError } from "../../services/HostError.ts"
import type { ChannelFailure, OutputTooLarge, StartFailure } from "../../services/SshTransport.ts"
import { oneLine } from "../ssh/shared/sanitize.ts"

const kinds: Record<(StartFailure | ChannelFailure | OutputTooLarge)["_tag"], HostError["kind"]> = {
  HostUnreachable: "unreachable",
  ConnectionLost: "lost",
  HostKeyChanged: "refused",
  HostKeyUnknown: "refused",
  AuthenticationFailed: "refused",
  SshMissing: "refused",
  NoShell: "refused",
  BadArgument: "refused",
  SocketRefused: "unreachable",
  OutputTooLarge: "nonsense"
}

/** The transport has worded it. */
export const fromTransport = (host: string, failure: StartFailure | ChannelFailure | OutputTooLarge): HostError =>
  new HostError({ host, problem: failure.message, kind: kinds[failure._tag], cause: failure })

const deployIt = (host: string): string => `run: sesh --deploy ${quoteIfNeeded(`@${host}`)}`

/** There is none, or none that can be run; `said` is what the host's shell says about it. */
export const noSesh = (host: string, said: string): HostError => {
  const what = /exec format|cannot execute/i.test(said)
    ? `the sesh on ${host} is not for that kind of machine`
    : `there is no sesh on ${host}`
  return new HostError({ host, problem: `${what}; ${deployIt(host)}`, kind: "no sesh" })
}

/** It is there, and too old to be asked; or we are too old to ask it. */
export const otherVersion = (host: string, theirs: string | undefined, ours: string): HostError =>
  new HostError({
    host,
    problem: theirs !== undefined && isAsNewAs(theirs, ours)
      ? `the sesh on ${host} is ${oneLine(theirs)}, and this one, ${ours}, too old for it: install ${
        oneLine(theirs)
      } here`
      : `the sesh on ${host}${theirs === undefined ? "" : `, ${oneLine(theirs)},`} is too old for this one, ${ours}; ` +
        deployIt(host),
    kind: "version"
  })

/** What answered is not sesh, or not in its right mind. */
export const nonsense = (host: string, said: string): HostError =>
  new HostError({
    host,
    problem: `what answers as sesh on ${host} makes no sense${said === "" ? "" : `: ${oneLine(said)}`}`,
    kind: "nonsense"
  })

/** It ended as none of ours does: some other program may have the name. */
export const notSesh = (host: string, said: string): HostError => {
  const { kind, problem } = nonsense(host, said)
  return new HostError({ host, kind, problem: `${problem}; if that is another program, ${deployIt(host)}` })
}

/** The host's sesh has said why not. */
export const refused = (host: string, message: string): HostError =>
  new HostError({ host, problem: `${host}: ${oneLine(message)}`, kind: "refused" })
