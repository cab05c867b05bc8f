/** One question to the sesh on another host, and its answer, which is checked: a host may send anything. */
import * as Duration from "effect/Duration"
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import type { HostName } from "../../schema/HostName.ts"
import { PROTOCOL } from "../../schema/protocol/Control.ts"
import {
  EXCHANGE,
  Exchange,
  isPlainPath,
  RemoteAnswer,
  type RemoteAsk,
  type RemoteReply,
  RemoteRequest
} from "../../schema/protocol/Serve.ts"
import { exitCode } from "../../schema/Session.ts"
import { HostError } from "../../services/HostError.ts"
import type { ConnectOptions, ExecResult, SshTransport, Wait } from "../../services/SshTransport.ts"
import { collect } from "../ssh/shared/collect.ts"
import { lastLine } from "../ssh/shared/sanitize.ts"
import { waiting } from "../ssh/shared/waiting.ts"
import { fromTransport, nonsense, noSesh, notSesh, otherVersion, refused } from "./errors.ts"

/** Time for an answer, once the program runs: more than a session that hangs delays a listing there. */
const ANSWER_TIMEOUT = "10 seconds"

/** Time to create a session: a daemon may wait ten seconds for the lock, and then has thirty to get ready. */
const CREATE_TIMEOUT = "45 seconds"

const ANSWER_WAIT: Wait = { awaited: () => "answer" }

/** Bytes of an answer: an older sesh there tells of each session all that it knows. */
const LIMIT_BYTES = 16 * 1024 * 1024

/** Exit codes of env(1) and shells. */
const NOT_EXECUTABLE = 126
const NOT_FOUND = 127

/** How a sesh ends that got too little from its system to start (scripts/startCheck.mjs). */
const OWN_WORDS = /^sesh: (.+)$/

/**
 * Makes SSH_AUTH_SOCK what sshd has set. A login script may have made it a link to that, which later leads to the agent
 * of another login, or back to the session's own link. macOS before 12.3 has no `-f`.
 */
export const REAL_AGENT = "[ -z \"$SSH_AUTH_SOCK\" ] || " +
  "SSH_AUTH_SOCK=$(readlink -f -- \"$SSH_AUTH_SOCK\" 2>/dev/null || printf %s \"$SSH_AUTH_SOCK\")"

/** Looks where `npm run setup` installs it, because a command without a login lacks that PATH. */
const FIND = `${REAL_AGENT}; sesh="$HOME/.local/bin/sesh"; [ -x "$sesh" ] || sesh=sesh; `

/** The command line of the sesh on a host. */
export const remoteSesh = (
  ...args: ReadonlyArray<string>
): ReadonlyArray<string> => ["sh", "-c", `${FIND}exec "$sesh" "$@"`, "sh", ...args]

/**
 * Answers a question that comes with the command, and not behind it: that saves the round trip in which the program
 * says that it runs. Nor does a login script that reads its input, or a shell that it starts, ever get the question.
 */
const ANSWER = `${FIND}printf '%s\\n' "$1" | "$sesh" --serve`

/** Bytes of a question that comes with the command: Linux takes 128 KiB in one word, and quoting makes it longer. */
const MAX_WORD_BYTES = 16 * 1024

const encodeRequest = Schema.encodeSync(Schema.fromJsonString(RemoteRequest))
const decodeExchange = Schema.decodeUnknownOption(Schema.fromJsonString(Exchange))
const decodeAnswer = Schema.decodeUnknownOption(Schema.fromJsonString(RemoteAnswer))

/** A reply, and what the host says of itself with it. */
export interface Answered {
  readonly sesh: string
  /** The protocol that it speaks. */
  readonly protocol: { readonly major: number; readonly minor: number }
  /** Absolute paths on the host. */
  readonly home: string
  readonly dir: string
  readonly agent: string | undefined
  readonly reply: Exclude<RemoteReply, { readonly error: unknown }>
}

/** Why the session was not created: a `LaunchError` on the host. */
export class LaunchRefused extends Schema.TaggedError<LaunchRefused>()("LaunchRefused", {
  kind: Schema.Literals(["not found", "not executable", "other"]),
  reason: Schema.String
}) {}

const explainExit = (host: HostName, version: string, { status, stderr }: ExecResult): HostError => {
  const said = lastLine(stderr.toString("utf8"))
  const code = exitCode(status)
  if (code === NOT_FOUND || code === NOT_EXECUTABLE) return noSesh(host, said)
  // The message of a sesh without --serve.
  if (said.includes("there is no option --serve")) return otherVersion(host, undefined, version)
  const ownWords = OWN_WORDS.exec(said)?.[1]
  return ownWords === undefined ? notSesh(host, said) : refused(host, ownWords)
}

const explainError = (
  host: HostName,
  version: string,
  { answer, sesh }: { readonly answer: { readonly kind: string; readonly message: string }; readonly sesh: string }
): HostError | LaunchRefused => {
  const { kind, message } = answer
  switch (kind) {
    case "not found":
    case "not executable":
    case "other":
      return new LaunchRefused({ kind, reason: message })
    case "version":
    case "request":
      return otherVersion(host, sesh, version)
    default:
      return refused(host, message)
  }
}

const read = (
  host: HostName,
  version: string,
  result: ExecResult
): Effect.Effect<Answered, HostError | LaunchRefused> => {
  if (exitCode(result.status) !== 0) return Effect.fail(explainExit(host, version, result))
  const line = result.stdout.toString("utf8")
  const exchange = Option.getOrUndefined(decodeExchange(line))
  if (exchange === undefined) return Effect.fail(nonsense(host, lastLine(result.stderr.toString("utf8"))))
  if (exchange.version !== EXCHANGE) return Effect.fail(otherVersion(host, exchange.sesh, version))
  const said = Option.getOrUndefined(decodeAnswer(line))
  if (said === undefined) return Effect.fail(nonsense(host, "its answer is not one"))
  const { agent, answer, dir, home, protocol, sesh } = said
  if ("error" in answer) return Effect.fail(explainError(host, version, { answer: answer.error, sesh }))
  if (!isPlainPath(home) || !isPlainPath(dir)) return Effect.fail(nonsense(host, "its directories are none"))
  return Effect.succeed({
    sesh,
    protocol,
    home,
    dir,
    agent: agent !== undefined && isPlainPath(agent) ? agent : undefined,
    reply: answer
  })
}

/**
 * Asks a host. A host that does not answer in time counts as unreachable. `onAsked`: called when the question is sent;
 * an interrupt before that leaves the host as it was.
 */
export const exchange = (
  transport: SshTransport["Service"],
  asker: { readonly host: HostName; readonly version: string; readonly options: ConnectOptions | undefined },
  question: RemoteAsk,
  onAsked: () => void = () => {}
): Effect.Effect<Answered, HostError | LaunchRefused> => {
  const { host, options, version } = asker
  const line = encodeRequest({ version: EXCHANGE, sesh: version, protocol: PROTOCOL, question })
  const timeout = question.ask === "create" ? CREATE_TIMEOUT : ANSWER_TIMEOUT
  const silent = new HostError({
    host,
    problem: `sesh on ${host} does not answer in ${Duration.toSeconds(timeout)} s`,
    kind: "unreachable"
  })
  const isShort = Buffer.byteLength(line) <= MAX_WORD_BYTES
  const started = isShort
    ? transport.start(host, ["sh", "-c", ANSWER, "sh", line], { ...options, input: "none" })
    : transport.start(host, remoteSesh("--serve"), options)
  const input = isShort ? {} : { stdin: Buffer.from(`${line}\n`) }
  // Connecting and the host's login scripts have limits of their own.
  return started.pipe(
    Effect.tap(() => Effect.sync(onAsked)),
    Effect.flatMap((program) =>
      collect(host, program, { ...input, limit: LIMIT_BYTES }).pipe(
        Effect.timeoutOrElse({ duration: timeout, orElse: () => Effect.fail(silent) }),
        waiting(options, ANSWER_WAIT)
      )
    ),
    Effect.scoped,
    Effect.mapError((error) => error._tag === "HostError" ? error : fromTransport(host, error)),
    Effect.flatMap((result) => read(host, version, result))
  )
}
