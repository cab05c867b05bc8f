import * as Effect from "effect/Effect"
import * as Option from "effect/Option"
import { Control, LASTING, type Welcome } from "../../schema/protocol/Control.ts"
import { FrameType } from "../../schema/protocol/Frame.ts"
import type { Connection } from "../../services/Connection.ts"
import type { SessionClient } from "../../services/SessionClient.ts"

/** Tells a session the ssh-agent that goes with our connection to its host, once the host has said where that is. */
export const tellAgent = (
  client: SessionClient["Service"],
  { protocol }: Welcome,
  send: Connection["send"]
): Effect.Effect<void> =>
  protocol.minor < LASTING ? Effect.void : Effect.map(
    client.agent,
    Option.match({
      onNone: () => {},
      onSome: (path) => void send(FrameType.agent, Control.agent.encode({ path }))
    })
  )
