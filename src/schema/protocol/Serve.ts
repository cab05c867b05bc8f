/**
 * What one sesh asks another over ssh: one JSON object, in a line, to the standard input of `sesh --serve`, and one
 * back. Unknown fields are ignored, so that either side may be newer.
 */
import * as Schema from "effect/Schema"
import { Id } from "../Id.ts"
import { ListedSession } from "../Listing.ts"
import { Ended, ExitStatus, Size, TerminalModes } from "../Session.ts"
import { SessionName } from "../SessionName.ts"
import { hasUnseen } from "../Text.ts"

/** Version of the exchange. Within a version, fields and questions are only added. */
export const EXCHANGE = 1

/** Bytes of a request: the most that Linux takes for a program's arguments (execve(2): 6 MiB), each as six of JSON. */
export const MAX_REQUEST_BYTES = 40 * 1024 * 1024

/** Bytes of an answer: an older sesh reads no more than 4 MiB. Descriptions that do not fit are cut down. */
export const MAX_ANSWER_BYTES = 3 * 1024 * 1024

/** Most sessions of a listing; the rest is left out. */
export const MAX_SESSIONS = 4096

/** Longest path, in characters (PATH_MAX). */
const MAX_PATH = 4096

const Protocol = Schema.Struct({ major: Schema.Int, minor: Schema.Int })

/** Which sessions are there? */
const AskSessions = Schema.Struct({ ask: Schema.Literal("sessions") })

/** Create one, as in `SessionSpec`. It gets the host's environment, and the asker's variables for its terminal. */
const AskCreate = Schema.Struct({
  ask: Schema.Literal("create"),
  name: SessionName,
  /**
   * The session's id, chosen by the asker. Asked again with the same one, the answer is the session that it made, also
   * when that has ended since. Since 1.4: an older sesh chooses another one.
   */
  id: Schema.optionalKey(Id),
  /** Absolute, or relative to the home there; empty: the home. */
  dir: Schema.String,
  command: Schema.optionalKey(Schema.NonEmptyArray(Schema.String)),
  size: Size,
  /** Modes of the asker's terminal; an older sesh sends none. */
  modes: Schema.optionalKey(TerminalModes),
  terminal: Schema.Record(Schema.String, Schema.String),
  awaited: Schema.Boolean,
  keep: Schema.optionalKey(Schema.Boolean),
  /** The asker wants to know how the command ends, and nothing else of it. An older sesh does not wait for that. */
  status: Schema.optionalKey(Schema.Boolean)
})
export type AskCreate = typeof AskCreate.Type

/** How did the last session of that name end? */
const AskEnded = Schema.Struct({ ask: Schema.Literal("ended"), name: SessionName })

export const RemoteAsk = Schema.Union([AskSessions, AskCreate, AskEnded])
export type RemoteAsk = typeof RemoteAsk.Type

/** The part of a request, and of an answer, that is the same in every version of the exchange. */
export const Exchange = Schema.Struct({ version: Schema.Int, sesh: Schema.String })

export const RemoteRequest = Schema.Struct({
  version: Schema.Literal(EXCHANGE),
  sesh: Schema.String,
  /** The protocol that the asking sesh speaks with sessions. */
  protocol: Protocol,
  question: RemoteAsk
})
export type RemoteRequest = typeof RemoteRequest.Type

/** Why the question failed. */
const AnswerError = Schema.Struct({
  /**
   * `not found`, `not executable`, `other`: the session was not started (`LaunchError`). `place`: its files cannot be
   * used (`PathsError`). `version`: the asking sesh is too old or too new. `request`: the question was not understood.
   */
  kind: Schema.String,
  message: Schema.String
})

export const RemoteReply = Schema.Union([
  Schema.Struct({ sessions: Schema.Array(ListedSession).check(Schema.isMaxLength(MAX_SESSIONS)) }),
  Schema.Struct({
    created: Schema.Struct({
      id: Id,
      warning: Schema.optionalKey(Schema.String),
      /** The command has ended at once, and how. */
      ended: Schema.optionalKey(ExitStatus)
    })
  }),
  /** `machine`: on another machine, which shares the directory with the host. */
  Schema.Struct({ exists: Schema.Literal(true), machine: Schema.optionalKey(Schema.String) }),
  Schema.Struct({ ended: Schema.NullOr(Ended) }),
  Schema.Struct({ error: AnswerError })
])
export type RemoteReply = typeof RemoteReply.Type

export const RemoteAnswer = Schema.Struct({
  version: Schema.Literal(EXCHANGE),
  /** Version of the sesh there. */
  sesh: Schema.String.check(Schema.isPattern(/^[A-Za-z0-9.+-]{1,64}$/)),
  protocol: Protocol,
  /** The home there, and the directory of its sockets; see {@link isPlainPath}. */
  home: Schema.String,
  dir: Schema.String,
  /** Socket of the ssh-agent that was forwarded with the question, if one was. */
  agent: Schema.optionalKey(Schema.String),
  answer: RemoteReply
})
export type RemoteAnswer = typeof RemoteAnswer.Type

/** Whether a path of a host can be used: absolute, and without control characters. */
export const isPlainPath = (path: string): boolean =>
  path.startsWith("/") && path.length <= MAX_PATH && !hasUnseen(path)

/** Longest value of a variable, in characters. */
const MAX_VALUE = 1024

/** The variables that describe the terminal and the user's language. No others go to another host. */
export const terminalVariables = (env: Readonly<Record<string, string | undefined>>): Record<string, string> => {
  const found: Record<string, string> = {}
  for (const [name, value] of Object.entries(env)) {
    const isOne = /^(TERM|COLORTERM|LANG|LC_[A-Z]{1,32})$/.test(name)
    if (isOne && value && value.length <= MAX_VALUE && !hasUnseen(value)) found[name] = value
  }
  return found
}
