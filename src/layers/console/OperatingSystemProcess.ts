import * as Layer from "effect/Layer"
import type { Machine } from "../../schema/Machine.ts"
import { OperatingSystem } from "../../services/OperatingSystem.ts"
import { ownMachine } from "../system/machine.ts"

/** This process'. */
export const layer: Layer.Layer<OperatingSystem> = Layer.sync(OperatingSystem, () => {
  let machine: Machine | undefined
  return {
    platform: process.platform,
    uid: process.getuid!(),
    machine: () => machine ??= ownMachine()
  }
})
