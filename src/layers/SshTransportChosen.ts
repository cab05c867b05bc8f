import type * as Layer from "effect/Layer"
import type { Caller } from "../services/Caller.ts"
import type { Paths } from "../services/Paths.ts"
import type { SshTransport } from "../services/SshTransport.ts"
import * as SshTransportOpenSsh from "./SshTransportOpenSsh.ts"

/** The way to other hosts that this machine has. */
export const layer: Layer.Layer<SshTransport, never, Caller | Paths> = SshTransportOpenSsh.layer()
