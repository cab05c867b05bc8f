/** What is put on a host of another platform, and where it comes from. */
import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import { createHash } from "node:crypto"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { gunzipSync, gzipSync } from "node:zlib"
import { ARM, fakeSesh, MAC, Machines, partOf, SIZE } from "../../fixtures/deployHosts.ts"
import { failing, machine, OLD, test } from "../../fixtures/deployMachine.ts"
import { OURS } from "../../support/deploySuite.ts"
import { describeWith } from "../../support/needs.ts"
import { tarball } from "../../support/registry.ts"

const PACKAGE = "sesh-sessions-linux-arm64"

const sha256 = (text: string): string => createHash("sha256").update(text).digest("hex")

const FETCHED = { way: "copy", version: OURS, from: "registry" } as const

/** What was asked of the registry about a package, and how often its archive was fetched. */
const requests = Effect.map(Machines, ({ registry }) => ({
  all: registry.asked.filter((url) => url.includes("arm64")),
  archives: registry.asked.filter((url) => url.includes("arm64/-/")).length
}))

/** Files in the cache, and modes of all that is there. */
const cached = Effect.map(Machines, ({ dir }) => {
  const cache = Path.join(dir, "cache/sesh/executables")
  const names = Fs.existsSync(cache) ? Fs.readdirSync(cache) : []
  return { cache, names, modes: [cache, ...names.map((name) => Path.join(cache, name))].map(modeOf) }
})

const modeOf = (path: string) => Fs.existsSync(path) ? Fs.statSync(path).mode & 0o777 : undefined

describeWith(["ssh", "sshd", "ssh-keygen"], "an executable that is fetched", () => {
  test(
    "is kept for the next host, for the user's eyes alone, and fetched again when it was changed",
    Effect.gen(function*() {
      const there = yield* machine({ scripts: ARM })
      assert.deepStrictEqual(yield* there.deploy(), FETCHED)
      const first = there.installed()
      assert.isAbove(first!.length, SIZE)
      const { cache, modes, names } = yield* cached
      assert.match(names.join(), /^sesh-1\.2\.0-linux-arm64\.[0-9a-f]{8}\.[0-9a-f]{64}$/)
      assert.deepStrictEqual(modes, [0o700, 0o600])
      const again = () => Fs.rmSync(Path.join(there.home, ".local"), { recursive: true })
      again()
      assert.deepStrictEqual(yield* there.deploy(), FETCHED)
      assert.deepStrictEqual([there.installed(), yield* requests], [first, {
        all: [PACKAGE, `${PACKAGE}/-/${PACKAGE}-${OURS}.tgz`],
        archives: 1
      }])
      again()
      Fs.appendFileSync(Path.join(cache, names[0]!), "more")
      assert.deepStrictEqual(yield* there.deploy(), FETCHED)
      assert.deepStrictEqual([there.installed(), (yield* requests).archives], [first, 2])
    })
  )

  test(
    "is not taken from a cache that others can write to, and the message names that",
    Effect.gen(function*() {
      const there = yield* machine({ scripts: ARM })
      yield* there.deploy()
      Fs.rmSync(Path.join(there.home, ".local"), { recursive: true })
      const { cache, names: [name] } = yield* cached
      const planted = fakeSesh(OURS, { run: "echo planted >&2" })
      Fs.writeFileSync(Path.join(cache, name!.replace(/[0-9a-f]{64}$/, sha256(planted))), planted)
      Fs.rmSync(Path.join(cache, name!))
      Fs.chmodSync(cache, 0o777)
      const { advice, message, step } = yield* Effect.flip(there.deploy())
      assert.strictEqual(step, "fetch")
      assert.include(message, `; ${cache} cannot be used (it is a link, or not this user's alone); `)
      assert.match(advice, /^make that right/)
      assert.isUndefined(there.installed())
    })
  )

  test(
    "takes the place of those of other versions, and of what was never finished",
    Effect.gen(function*() {
      const { cache } = yield* cached
      Fs.mkdirSync(cache, { recursive: true, mode: 0o700 })
      const longAgo = Date.now() / 1000 - 2 * 86_400
      for (const name of ["sesh-1.1.0-linux-arm64.01234567.00", ".new-old", ".new-now"]) {
        Fs.writeFileSync(Path.join(cache, name), "")
        if (name !== ".new-now") Fs.utimesSync(Path.join(cache, name), longAgo, longAgo)
      }
      yield* (yield* machine({ scripts: ARM })).deploy()
      const { names } = yield* cached
      assert.deepStrictEqual(names.map((name) => name.slice(0, 22)).toSorted(), [".new-now", "sesh-1.2.0-linux-arm64"])
    })
  )

  test(
    "is of the package that SESH_NPM_PACKAGE names, in the version that deploys",
    Effect.gen(function*() {
      const { registry } = yield* Machines
      registry.add(...partOf("linux-arm64", fakeSesh(OURS, { bytes: 100 }), { name: "@acme/sesh" }))
      const there = yield* machine({
        scripts: ARM,
        env: { SESH_NPM_PACKAGE: "@acme/sesh@latest", SESH_NPM_REGISTRY: registry.url }
      })
      assert.deepStrictEqual(yield* there.deploy(), FETCHED)
      assert.deepStrictEqual((yield* requests).all[0], "@acme/sesh-linux-arm64")
    })
  )

  test(
    "and is not what the registry has the hash of is not installed, and not kept",
    Effect.gen(function*() {
      const { registry } = yield* Machines
      registry.spoil(PACKAGE)
      const error = yield* failing({ scripts: ARM })
      assert.strictEqual(error.step, "fetch")
      assert.match(
        error.message,
        /what http\S+ sent is not the sesh-sessions-linux-arm64@1\.2\.0 that it has the hash of/
      )
      assert.deepStrictEqual((yield* cached).names, [])
      assert.match(error.advice, /^make that right and try again, .*SESH_EXECUTABLES/)
    })
  )

  for (
    const [what, version, sesh, problem] of [
      ["is in a package of another version", "1.3.0", fakeSesh("1.3.0"), /has no sesh-sessions-linux-arm64@1\.2\.0/],
      ["says another version", OURS, fakeSesh("1.3.0"), /it says: sesh 1\.3\.0/]
    ] as const
  ) {
    test(
      `is not installed when it ${what}`,
      Effect.gen(function*() {
        const { registry } = yield* Machines
        registry.add(...partOf("linux-arm64", sesh, { version }))
        assert.match((yield* failing({ scripts: ARM })).message, problem)
      })
    )
  }

  test(
    "is not asked for where our own fits, or npm there has installed it",
    Effect.gen(function*() {
      const there = yield* machine({ npm: true, scripts: ARM })
      assert.strictEqual((yield* there.deploy()).way, "npm")
      assert.deepStrictEqual((yield* requests).all, [])
    })
  )

  test(
    "is fetched where npm there cannot get it",
    Effect.gen(function*() {
      const there = yield* machine({ npm: true, scripts: { ...ARM, npm: "echo no network >&2; exit 1" } })
      assert.deepStrictEqual(yield* there.deploy(), FETCHED)
    })
  )

  test(
    "cannot be had: the message has the reasons and the ways out, and the old sesh stays",
    Effect.gen(function*() {
      const { dir, registry } = yield* Machines
      Fs.mkdirSync(Path.join(dir, "empty"))
      const error = yield* failing({ scripts: MAC, env: { SESH_EXECUTABLES: "empty" } })
      assert.strictEqual(error.step, "fetch")
      const archive = `sesh-sessions-darwin-arm64-${OURS}.tgz`
      assert.include(
        error.message,
        `there is no ${dir}/empty/${archive}, and no sesh-darwin-arm64 beside it, and ${registry.url} has no sesh-sessions-darwin-arm64@${OURS}; there is no npm`
      )
      assert.match(error.message, /^cannot put sesh on web: this sesh is for linux-\w+, and web is darwin-arm64/)
      for (const way of ["install Node.js with npm", "SESH_NPM_REGISTRY", "SESH_EXECUTABLES", "~/.local/bin/sesh"]) {
        assert.include(error.advice, way)
      }
    })
  )
})

/** A gigabyte of a file's zeros, in members of gzip that are the same. */
const bomb = (): Buffer => {
  const header = gunzipSync(tarball({ name: "x", version: "1.0.0" }, { zeros: "" })).subarray(1024, 1536)
  header.write("77777777777\0", 124)
  header.fill(" ", 148, 156)
  header.write(`${header.reduce((sum, byte) => sum + byte, 0).toString(8).padStart(6, "0")}\0`, 148)
  const zeros = gzipSync(Buffer.alloc(16_000_000))
  return Buffer.concat([gzipSync(header), ...Array.from({ length: 63 }, () => zeros)])
}

describeWith(["ssh", "sshd", "ssh-keygen"], "a folder of packages", () => {
  for (const [what, name] of [["is not there", "nowhere"], ["is no folder", "file"]] as const) {
    test(
      `that ${what} is said, and nothing else tried`,
      Effect.gen(function*() {
        const { dir } = yield* Machines
        Fs.writeFileSync(Path.join(dir, "file"), "")
        const error = yield* failing({ scripts: ARM, env: { SESH_EXECUTABLES: name } })
        assert.include(error.message, `SESH_EXECUTABLES is "${dir}/${name}", which ${what}`)
        assert.deepStrictEqual((yield* requests).all, [])
      })
    )
  }

  const inFolder = Effect.fnUntraced(function*(archive: Buffer) {
    const { dir } = yield* Machines
    const file = Path.join(dir, `sesh-sessions-linux-arm64-${OURS}.tgz`)
    Fs.writeFileSync(file, archive)
    return { scripts: ARM, env: { SESH_EXECUTABLES: dir }, file }
  })

  test(
    "goes before the registry, is read each time, and leaves nothing",
    Effect.gen(function*() {
      for (const bytes of [1000, 2000]) {
        const [, archive] = partOf("linux-arm64", fakeSesh(OURS, { bytes }))
        const there = yield* machine({ ...yield* inFolder(archive), sesh: OLD })
        assert.deepStrictEqual(yield* there.deploy(), { ...FETCHED, from: "folder" })
        assert.isTrue(there.installed()!.length >= bytes && there.installed()!.length < bytes + 500)
        assert.deepStrictEqual([(yield* requests).all, (yield* cached).names], [[], []])
        Fs.rmSync(Path.join(yield* Effect.map(Machines, ({ dir }) => dir), "bins"), { recursive: true })
      }
    })
  )

  const withExecutable = Effect.fnUntraced(function*(executable: string) {
    const { dir } = yield* Machines
    Fs.writeFileSync(Path.join(dir, "sesh-linux-arm64"), executable)
    return { scripts: ARM, env: { SESH_EXECUTABLES: dir } }
  })

  test(
    "may have the executable itself, as a build makes it, which counts where there is no package",
    Effect.gen(function*() {
      const there = yield* machine(yield* withExecutable(fakeSesh(OURS, { bytes: 1000 })))
      assert.deepStrictEqual(yield* there.deploy(), { ...FETCHED, from: "folder" })
      assert.isBelow(there.installed()!.length, 1500)
      assert.deepStrictEqual([(yield* requests).all, (yield* cached).names], [[], []])
    })
  )

  test(
    "with an executable of another version changes nothing on the host",
    Effect.gen(function*() {
      const error = yield* failing(yield* withExecutable(fakeSesh("1.3.0")))
      assert.match(error.message, /it says: sesh 1\.3\.0/)
      assert.deepStrictEqual((yield* requests).all, [])
    })
  )

  for (
    const [what, archive, problem] of [
      [
        "is of another version",
        partOf("linux-arm64", fakeSesh(OURS), { version: "1.3.0" })[1],
        /of version 1\.3\.0, not 1\.2\.0/
      ],
      ["is for another platform", partOf("darwin-arm64", fakeSesh(OURS))[1], /is not for linux-arm64/],
      [
        "is cut short",
        partOf("linux-arm64", fakeSesh(OURS, { bytes: SIZE }))[1].subarray(0, 100_000),
        /cannot be unpacked/
      ],
      ["is no archive", Buffer.from("no archive"), /cannot be unpacked/],
      ["has more than any executable", bomb(), /it is too long/]
    ] as const
  ) {
    test(
      `with a package that ${what} is an error that names it, and nothing is fetched instead`,
      Effect.gen(function*() {
        const { file, ...given } = yield* inFolder(archive)
        const error = yield* failing(given)
        assert.strictEqual(error.step, "fetch")
        assert.include(error.message, `${file} cannot be used: `)
        assert.match(error.message, problem)
        assert.deepStrictEqual([(yield* requests).all, (yield* cached).names], [[], []])
      })
    )
  }
})
