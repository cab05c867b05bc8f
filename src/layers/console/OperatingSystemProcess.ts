import * as Layer from "effect/Layer"
import { OperatingSystem } from "../../services/OperatingSystem.ts"

/** This process'. */
export const layer: Layer.Layer<OperatingSystem> = Layer.sync(OperatingSystem, () => ({
  platform: process.platform,
  uid: process.getuid!()
}))
