import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import * as CallerFake from "../../src/layers/testing/CallerFake.ts"
import * as DeployerFake from "../../src/layers/testing/DeployerFake.ts"
import { realTargets } from "../fixtures/deployHosts.ts"
import { DeployLab, OURS } from "../support/deploySuite.ts"
import { describeWith } from "../support/needs.ts"
import { suite } from "./Deployer.ts"

const fakeLab = Layer.effect(
  DeployLab,
  Effect.map(DeployerFake.DeployerTestRef, ({ targets }) => ({ version: (host: string) => targets.get(host)?.sesh }))
)

suite(
  "DeployerFake",
  fakeLab.pipe(
    Layer.provideMerge(DeployerFake.layer({
      npm: { npm: true },
      copy: {},
      older: { sesh: "1.1.9" },
      newer: { sesh: "1.10.0" },
      shadowed: { shadowedBy: "/usr/local/bin/sesh" },
      musl: { npm: true, musl: true },
      arm: { from: "registry" },
      mac: { from: "folder" },
      neither: { copy: false }
    })),
    Layer.provide(CallerFake.layer({ version: OURS }))
  )
)

describeWith(["ssh", "sshd", "ssh-keygen"], "on real hosts", () => {
  suite("DeployerSsh", realTargets)
})
