import * as Layer from "effect/Layer"
import { OperatingSystem } from "../../services/OperatingSystem.ts"

/** A Linux named `fake`, and an ordinary user of it. */
export const layer = (given?: Partial<OperatingSystem["Service"]>): Layer.Layer<OperatingSystem> =>
  Layer.succeed(OperatingSystem, {
    platform: "linux",
    uid: 1000,
    machine: () => ({ name: "fake", boot: "boot-of-fake" }),
    ...given
  })
