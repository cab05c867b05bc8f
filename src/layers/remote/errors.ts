/** Failures of hosts, as commands report them. */
import { hostWord } from "../../schema/HostName.ts"
import { isAsNewAs } from "../../schema/Version.ts"
import { HostError } from "../../services/HostError.ts"
import type { ChannelFailure, OutputTooLarge, StartFailure } from "../../services/SshTransport.ts"
import { oneLine } from "../ssh/shared/sanitize.ts"

const kinds: Record<(StartFailure | ChannelFailure | OutputTooLarge)["_tag"], HostError["kind"]> = {
  HostUnreachable: "unreachable",
  ConnectionLost: "lost",
  HostKeyChanged: "refused",
  HostKeyUnknown: "locked",
  AuthenticationFailed: "locked",
  SshMissing: "refused",
  NoShell: "refused",
  ShellStuck: "unreachable",
  BadArgument: "refused",
  SocketRefused: "unreachable",
  OutputTooLarge: "nonsense"
}

/** Keeps the transport's message. */
export const fromTransport = (host: string, failure: StartFailure | ChannelFailure | OutputTooLarge): HostError =>
  new HostError({ host, problem: failure.message, kind: kinds[failure._tag], cause: failure })

const deployIt = (host: string): string => `run: sesh --deploy ${hostWord(host)}`

/** The host has no sesh, or none that runs there; `said` is the shell's message. */
export const noSesh = (host: string, said: string): HostError => {
  const what = /exec format|cannot execute/i.test(said)
    ? `the sesh on ${host} is not for that kind of machine`
    : `there is no sesh on ${host}`
  return new HostError({ host, problem: `${what}; ${deployIt(host)}`, kind: "no sesh" })
}

/** The host's sesh is too old for ours, or ours for it. */
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

/** The answer is not a valid one of sesh. */
export const nonsense = (host: string, said: string): HostError =>
  new HostError({
    host,
    problem: `what answers as sesh on ${host} makes no sense${said === "" ? "" : `: ${oneLine(said)}`}`,
    kind: "nonsense"
  })

/** It exited as no sesh does: another program may have the name. */
export const notSesh = (host: string, said: string): HostError => {
  const { kind, problem } = nonsense(host, said)
  return new HostError({ host, kind, problem: `${problem}; if that is another program, ${deployIt(host)}` })
}

/** The host's sesh refused; `message` says why. */
export const refused = (host: string, message: string): HostError =>
  new HostError({ host, problem: `${host}: ${oneLine(message)}`, kind: "refused" })
