import * as Effect from "effect/Effect"
import * as Layer from "effect/Layer"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll } from "vitest"
import * as OperatingSystemProcess from "../../src/layers/console/OperatingSystemProcess.ts"
import * as PathsXdg from "../../src/layers/paths/PathsXdg.ts"
import * as RemotesSsh from "../../src/layers/remote/RemotesSsh.ts"
import * as SshTransportOpenSsh from "../../src/layers/ssh/openssh/SshTransportOpenSsh.ts"
import * as Caller from "../../src/layers/testing/CallerFake.ts"
import { here, suite, There } from "../contract/Remotes.ts"
import { describeWith } from "../support/needs.ts"
import { SESH } from "../support/sandbox.ts"
import { freePort, type SshLab, sshLab } from "../support/sshd.ts"

const root = path.join(fs.realpathSync(os.tmpdir()), `sesh-remotes-${process.pid}`)
const mine = path.join(root, "here")

interface Place {
  readonly lab: SshLab
  readonly home: string
}

/** A host whose sshd gives out a home of its own, with sesh where its users have it. */
const makePlace = async (name: string, options: ReadonlyArray<string>): Promise<Place> => {
  const home = path.join(root, name, "home")
  fs.mkdirSync(path.join(home, ".local", "bin"), { recursive: true })
  fs.symlinkSync(SESH, path.join(home, ".local", "bin", "sesh"))
  fs.writeFileSync(path.join(home, ".profile"), "PS1='$ '\n")
  const lab = sshLab(path.join(root, name, "lab"))
  const { port } = await lab.start({ options: [`SetEnv HOME=${home} SHELL=/bin/sh`, ...options] })
  lab.host("web", { Port: port })
  lab.host("down", { Port: await freePort() })
  return { lab, home }
}

/** Each test has the host for itself: what it leaves there is ended after it. */
const remotes = (place: () => Place) =>
  Layer.unwrap(Effect.gen(function*() {
    const { home, lab } = place()
    yield* Effect.addFinalizer(() =>
      Effect.sync(() => {
        const env = { HOME: home, PATH: process.env["PATH"] }
        const names = spawnSync(SESH, ["--names"], { env, encoding: "utf8" }).stdout.trim()
        if (names !== "") spawnSync(SESH, ["--kill", ...names.split("\n")], { env })
        fs.rmSync(path.join(home, ".sesh"), { recursive: true, force: true })
      })
    )
    const transport = SshTransportOpenSsh.layer({ config: lab.config, persist: "30 seconds" }).pipe(
      Layer.provide(PathsXdg.layer),
      Layer.provide([
        Caller.layer({
          env: { ...process.env, HOME: mine, SESH_DIR: path.join(mine, ".sesh") },
          cwd: mine,
          home: mine
        }),
        OperatingSystemProcess.layer
      ])
    )
    return RemotesSsh.layer.pipe(
      Layer.provide(transport),
      Layer.provideMerge(Layer.succeed(There, { home }))
    )
  })).pipe(Layer.provideMerge(here))

const E2E_MS = 30_000

describeWith(["ssh", "sshd", "ssh-keygen"], "sessions on another host, through real sshds", () => {
  const places: Array<Place> = []

  beforeAll(async () => {
    fs.mkdirSync(mine, { recursive: true, mode: 0o700 })
    places.push(await makePlace("open", []), await makePlace("sealed", ["AllowStreamLocalForwarding no"]))
  })

  afterAll(async () => {
    for (const { lab } of places) await lab.stop()
    fs.rmSync(root, { recursive: true, force: true, maxRetries: 5 })
  })

  suite("Ssh, OpenSsh", remotes(() => places[0]!), E2E_MS)
  suite("Ssh, OpenSsh, where no sockets are forwarded", remotes(() => places[1]!), E2E_MS)
})
