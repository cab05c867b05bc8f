/** The ssh-agent that a connection to a host forwards. */
import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { isPlainPath } from "../../schema/protocol/Serve.ts"
import type { SshTransport } from "../../services/SshTransport.ts"
import { REAL_AGENT } from "./ask.ts"
import type { Host } from "./host.ts"

/** Time for the host to say where it is: a login script may take long, and nobody waits for this. */
const LIMIT = "30 seconds"

/** Bytes of its answer, and of what a login script may print beside it. */
const LIMIT_BYTES = 16 * 1024

const SAY = `${REAL_AGENT}; printf %s "$SSH_AUTH_SOCK"`

/**
 * The socket on the host. It is made by the first program on a connection, and lasts as long as that. The user hears
 * nothing of the question, and is asked nothing: somebody is attached meanwhile.
 */
export const forwardedAgent = (
  transport: SshTransport["Service"],
  { name }: Host
): Effect.Effect<Option.Option<string>> =>
  Effect.gen(function*() {
    const { agent } = yield* transport.describe(name)
    if (agent === undefined) return Option.none()
    const said = yield* transport.exec(name, ["sh", "-c", SAY], { limit: LIMIT_BYTES })
    return Option.filter(Option.some(said.stdout.toString("utf8")), isPlainPath)
  }).pipe(
    Effect.timeoutOption(LIMIT),
    Effect.map(Option.flatten),
    Effect.orElseSucceed(() => Option.none()),
    Effect.withSpan("SessionClient.agent")
  )
