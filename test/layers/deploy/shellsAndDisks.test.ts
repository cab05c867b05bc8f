import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { execFileSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fakeSesh, Machines, publish, SIZE } from "../../fixtures/deployHosts.ts"
import { machine, OLD, test } from "../../fixtures/deployMachine.ts"
import { OURS } from "../../support/deploySuite.ts"
import { describeAsRoot, describeWith } from "../../support/needs.ts"

/** A file system of its own for `~/.local`, while the test runs. */
const mounted = (home: string, options: string) =>
  Effect.acquireRelease(
    Effect.sync(() => {
      const at = Path.join(home, ".local")
      Fs.mkdirSync(at, { recursive: true })
      execFileSync("mount", ["-t", "tmpfs", "-o", options, "tmpfs", at])
      return at
    }),
    (at) => Effect.sync(() => execFileSync("umount", ["-l", at]))
  )

for (const shell of ["fish", "tcsh", "zsh"]) {
  describeWith(["ssh", "sshd", "ssh-keygen", shell], `DeployerSsh, with ${shell} as the user's shell`, () => {
    for (const way of ["npm", "copy"]) {
      test(
        `has it (${way})`,
        Effect.gen(function*() {
          const there = yield* machine({ npm: way === "npm", shell: `/usr/bin/${shell}` })
          assert.strictEqual((yield* there.deploy()).way, way)
        })
      )
    }
  })
}

describeWith(["ssh", "sshd", "ssh-keygen", "mount"], "DeployerSsh, on disks", () => {
  describeAsRoot("that only root can make", () => {
    test(
      "a full disk is noticed before anything is sent, and the message says what would help",
      Effect.gen(function*() {
        const there = yield* machine()
        yield* mounted(there.home, "size=1m")
        const error = yield* Effect.flip(there.deploy())
        assert.strictEqual(error.step, "prepare")
        assert.match(error.message, /its disk is full \(\d+ KB are free, \d+ KB are needed\); make \d MB free/)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )

    test(
      "a disk that fills up during the transfer keeps nothing of it",
      Effect.gen(function*() {
        const there = yield* machine({ without: ["df"] })
        const at = yield* mounted(there.home, "size=1m")
        Fs.mkdirSync(Path.join(at, "bin"))
        Fs.writeFileSync(Path.join(at, "bin/sesh"), OLD, { mode: 0o755 })
        const error = yield* Effect.flip(there.deploy())
        assert.strictEqual(error.step, "transfer")
        assert.match(error.message, /its disk is full \(.*No space left on device\)/)
        assert.strictEqual(there.installed(), OLD)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )

    test(
      "a disk that is too full for npm may have room for a copy",
      Effect.gen(function*() {
        const { registry } = yield* Machines
        publish(registry, fakeSesh(OURS, { bytes: 3 * SIZE }))
        const there = yield* machine({ npm: true })
        yield* mounted(there.home, "size=4m")
        assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )

    test(
      "a home that cannot be written to",
      Effect.gen(function*() {
        const there = yield* machine({ npm: true })
        yield* mounted(there.home, "ro")
        const error = yield* Effect.flip(there.deploy())
        assert.strictEqual(error.step, "prepare")
        assert.include(error.message, "its home is on a read-only file system; make ~/.local/bin on web writable")
      })
    )

    test(
      "a home without permission to run programs",
      Effect.gen(function*() {
        const there = yield* machine()
        yield* mounted(there.home, "noexec")
        const error = yield* Effect.flip(there.deploy())
        assert.strictEqual(error.step, "run")
        assert.match(error.message, /runs no programs from ~\/\.local\/bin; .*noexec/)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )
  })
})
