/** What the suite of Deployer plays with. */
import * as Context from "effect/Context"

/** The version that is deployed. */
export const OURS = "1.2.0"

/**
 * Hosts of the suite: `npm` can get the package; `copy` has no npm, as have `older` (1.1.9) and `newer` (1.10.0), where
 * there is a sesh; on `neither` sesh does not run; `musl` has npm and another C library; `shadowed` has another
 * program named sesh on its PATH; `nowhere` is no host. `arm` and `mac` are of other platforms:
 * npm's registry has the executable for the first, and a folder that for the second.
 */
export class DeployLab extends Context.Service<DeployLab, {
  /** The version that is on a host. */
  readonly version: (host: string) => string | undefined
}>()("test/DeployLab") {}
