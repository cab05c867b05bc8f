import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fiber from "effect/Fiber"
import { spawn } from "node:child_process"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { fakeSesh, type HostOptions, Machines, publish, SIZE } from "../../fixtures/deployHosts.ts"
import { failing, machine, test } from "../../fixtures/deployMachine.ts"
import { OURS } from "../../support/deploySuite.ts"
import { describeWith } from "../../support/needs.ts"
import { happens } from "../../support/sshSuite.ts"

describeWith(["ssh", "sshd", "ssh-keygen"], "DeployerSsh, by npm", () => {
  test(
    "package and registry are those of SESH_NPM_PACKAGE and SESH_NPM_REGISTRY",
    Effect.gen(function*() {
      const { registry } = yield* Machines
      publish(registry, fakeSesh("1.3.0"), "@acme/sesh", "1.3.0")
      const there = yield* machine({
        npm: true,
        env: { SESH_NPM_PACKAGE: "@acme/sesh@latest", SESH_NPM_REGISTRY: registry.url }
      })
      Fs.writeFileSync(Path.join(there.home, ".npmrc"), "registry=http://127.0.0.1:1/\n")
      assert.deepStrictEqual(yield* there.deploy(), { way: "npm", version: "1.3.0" })
      assert.deepStrictEqual(there.rubbish(), [])
      assert.deepStrictEqual(Fs.readdirSync(there.home).toSorted(), [".local", ".npmrc"])
    })
  )

  for (
    const [what, env, given] of [
      ["cannot be reached", { SESH_NPM_REGISTRY: "http://127.0.0.1:1/" }, {}],
      ["does not have it", { SESH_NPM_PACKAGE: "no-such-sesh" }, {}],
      ["has it for other platforms only", { SESH_NPM_PACKAGE: "foreign-sesh" }, {}],
      ["has one that does not run there", { SESH_NPM_PACKAGE: "broken-sesh" }, {}],
      ["has another under its name", { SESH_NPM_PACKAGE: "wrong-sesh" }, {}],
      ["is asked by an npm that is broken", {}, { scripts: { npm: "echo broken >&2; exit 3" } }]
    ] as const
  ) {
    test(
      `where the registry ${what}, a copy is made`,
      Effect.gen(function*() {
        const { registry } = yield* Machines
        publish(registry, undefined, "foreign-sesh")
        publish(registry, fakeSesh(OURS, { check: "exit 1" }), "broken-sesh")
        publish(registry, fakeSesh("0.0.1"), "wrong-sesh")
        const there = yield* machine({ npm: true, env, ...given })
        assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
        assert.isAbove(there.installed()!.length, SIZE)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )
  }

  test(
    "an interrupted installation is ended on the host, and nothing is left",
    Effect.gen(function*() {
      const there = yield* machine({
        npm: true,
        scripts: {
          npm: "[ $1 != install ] || { echo $$ >\"$HOME/npm\"; trap '' TERM; exec sleep 1000; }",
          sleep: "PATH=/usr/bin exec sleep \"$@\""
        }
      })
      const file = Path.join(there.home, "npm")
      const deploying = yield* Effect.forkChild(there.deploy())
      yield* happens("npm installs", () => Fs.existsSync(file) && Fs.readFileSync(file, "utf8").endsWith("\n"))
      assert.strictEqual(there.rubbish().length, 1)
      yield* Fiber.interrupt(deploying)
      yield* happens("nothing is left", () => there.rubbish().length === 0)
      assert.isFalse(Fs.existsSync(`/proc/${Fs.readFileSync(file, "utf8").trim()}`))
      assert.isUndefined(there.installed())
    })
  )

  test(
    "where a copy is not possible either, the message has both reasons",
    Effect.gen(function*() {
      const error = yield* failing({
        npm: true,
        env: { SESH_NPM_REGISTRY: "http://127.0.0.1:1/" },
        scripts: { uname: "case $1 in -s) echo Darwin ;; *) echo arm64 ;; esac" }
      })
      assert.strictEqual(error.step, "npm")
      assert.match(
        error.message,
        /ECONNREFUSED.* this sesh is for linux-\w+, and web is darwin-arm64 .*SESH_NPM_REGISTRY/
      )
      assert.include(error.stderr, "ECONNREFUSED")
    })
  )
})

describeWith(["ssh", "sshd", "ssh-keygen"], "DeployerSsh, by copy", () => {
  for (
    const [what, given] of [
      ["without gzip", { without: ["gzip"] }],
      ["with no tool but openssl for checksums", {
        without: ["sha256sum"],
        scripts: { openssl: "exec /usr/bin/openssl \"$@\"" }
      }],
      ["with shasum, as on macOS", { without: ["sha256sum"], scripts: { shasum: "PATH=/usr/bin exec shasum \"$@\"" } }],
      ["with no tool for checksums at all", { without: ["sha256sum"] }],
      ["without df", { without: ["df"] }],
      ["with another program named sesh on its PATH", { scripts: { sesh: "echo sesh version 2.6" } }],
      ["with an older sesh on its PATH", { scripts: { sesh: "echo sesh 1.1.0" } }],
      ["whose sesh does not run any more", { sesh: "#!/no/such/shell\n" }],
      ["whose sesh is a link that leads nowhere", {}]
    ] as ReadonlyArray<readonly [string, HostOptions]>
  ) {
    test(
      `a host ${what} has all of it, and it runs`,
      Effect.gen(function*() {
        const { dir } = yield* Machines
        const there = yield* machine(given)
        const target = Path.join(there.home, ".local/bin/sesh")
        if (what.includes("link")) {
          Fs.mkdirSync(Path.dirname(target), { recursive: true })
          Fs.symlinkSync("/no/such/file", target)
        }
        const shadowedBy = given.scripts?.["sesh"] === undefined ? {} : { shadowedBy: Path.join(dir, "bins/web/sesh") }
        assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS, ...shadowedBy })
        assert.strictEqual(there.installed(), Fs.readFileSync(Path.join(dir, "own-sesh"), "utf8"))
        assert.strictEqual(Fs.lstatSync(target).mode & 0o7777, 0o755)
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )
  }

  test(
    "a link on the host's PATH to the sesh that is installed is not another one, and neither is one that cannot be run",
    Effect.gen(function*() {
      const { dir } = yield* Machines
      const there = yield* machine()
      const onPath = Path.join(dir, "bins/web/sesh")
      Fs.symlinkSync(Path.join(there.home, ".local/bin/sesh"), onPath)
      assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
      Fs.rmSync(Path.join(there.home, ".local"), { recursive: true })
      Fs.rmSync(onPath)
      Fs.writeFileSync(onPath, "", { mode: 0o644 })
      assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
    })
  )

  test(
    "another sesh on the host's PATH is reported after npm's installation, too",
    Effect.gen(function*() {
      const { dir } = yield* Machines
      const there = yield* machine({ npm: true, scripts: { sesh: "echo sesh version 2.6" } })
      const shadowedBy = Path.join(dir, "bins/web/sesh")
      assert.deepStrictEqual(yield* there.deploy(), { way: "npm", version: OURS, shadowedBy })
    })
  )

  test(
    "a sesh of this version on the host's PATH is enough",
    Effect.gen(function*() {
      const there = yield* machine({ scripts: { sesh: `echo sesh ${OURS}` } })
      assert.deepStrictEqual(yield* there.deploy(), { way: "present", version: OURS })
      assert.isUndefined(there.installed())
    })
  )

  for (
    const [what, own, problem] of [
      [
        "its C library is too old",
        fakeSesh(OURS, { run: "echo \"sesh: /lib/libc.so.6: version 'GLIBC_2.99' not found\" >&2; exit 1" }),
        /too old.*GLIBC_2\.99.*1\.0\.0 there is left/
      ],
      [
        "its C library is too old for what a session needs",
        fakeSesh(OURS, { check: "echo \"version 'GLIBC_2.34' not found\" >&2; exit 1" }),
        /too old.*GLIBC_2\.34/
      ],
      ["there is no loader", "#!/lib64/no-such-loader\n", /musl/],
      [
        "it is for another processor",
        Buffer.from("\x7fELF\x02\x01\x01 no more").toString("latin1"),
        /does not run|kind/
      ],
      ["it is another version than it should be", fakeSesh("1.1.0"), /it says: sesh 1\.1\.0/],
      [
        "it hides behind control characters",
        fakeSesh(OURS, { run: "printf '\\033[2Jcleared\\n' >&2; exit 1" }),
        /\\x1b\[2Jcleared/
      ]
    ] as ReadonlyArray<readonly [string, string, RegExp]>
  ) {
    test(
      `an executable that does not work there is not installed: ${what}`,
      Effect.gen(function*() {
        const error = yield* failing({ own })
        assert.strictEqual(error.step, "run")
        assert.match(error.message, problem)
        assert.notMatch(error.message + error.stderr, /[\u0000-\u0009\u000b-\u001f]/)
      })
    )
  }

  test(
    "a file that was changed on the way is not installed",
    Effect.gen(function*() {
      const error = yield* failing({ scripts: { sha256sum: "echo 0123 -" } })
      assert.deepStrictEqual([error.step, error.stderr.includes("SHA-256 is 0123")], ["check", true])
    })
  )

  test(
    "the message names a system that sesh does not run on",
    Effect.gen(function*() {
      const error = yield* failing({
        npm: true,
        scripts: { uname: "case $1 in -s) printf 'Free\\033BSD\\n' ;; *) echo amd64 ;; esac" }
      })
      assert.strictEqual(error.step, "detect_platform")
      assert.include(error.message, "sesh does not run on Free\\x1bBSD amd64; it runs on Linux and macOS")
    })
  )

  for (const words of ["echo a session manager", "echo usage: sesh; exit 2", "printf 'x\\nat /else/where\\n'"]) {
    test(
      `another program at ~/.local/bin/sesh is left alone, which says: ${words}`,
      Effect.gen(function*() {
        const error = yield* failing({ sesh: `#!/bin/sh\n${words}\n` })
        assert.strictEqual(error.step, "prepare")
        assert.include(error.message, "another program; move it away on web")
      })
    )
  }

  test(
    "a broken sesh of ours is replaced, whatever it prints",
    Effect.gen(function*() {
      const there = yield* machine({ sesh: "#!/bin/sh\nexit 1\n: NODE_SEA_FUSE_" })
      assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
    })
  )

  test(
    "the host's messages are understood whatever the language of its user",
    Effect.gen(function*() {
      const words = "[ \"$LC_ALL\" = C ] && echo 'No space left on device' >&2 || echo 'Kein Platz' >&2; exit 1"
      assert.include((yield* failing({ scripts: { mkdir: words } })).message, "its disk is full")
    })
  )

  test(
    "a directory, or a file in the way, is reported",
    Effect.gen(function*() {
      const there = yield* machine()
      Fs.mkdirSync(Path.join(there.home, ".local/bin/sesh"), { recursive: true })
      assert.match((yield* Effect.flip(there.deploy())).message, /sesh is a directory.*move away/)
      Fs.rmSync(Path.join(there.home, ".local"), { recursive: true })
      Fs.writeFileSync(Path.join(there.home, ".local"), "")
      const error = yield* Effect.flip(there.deploy())
      assert.strictEqual(error.step, "prepare")
      assert.match(error.message, /Not a directory|File exists/)
    })
  )

  test(
    "leftovers of a crash are removed after a day, and not before",
    Effect.gen(function*() {
      const there = yield* machine()
      const bin = Path.join(there.home, ".local/bin")
      const kept = [".sesh-newnew", ".sesh-notes-of-mine"]
      for (const name of [".sesh-oldold", ...kept]) Fs.mkdirSync(Path.join(bin, name), { recursive: true })
      const age = (name: string, hours: number) => {
        const at = Date.now() / 1000 - hours * 3600
        Fs.utimesSync(Path.join(bin, name), at, at)
      }
      age(".sesh-oldold", 25)
      age(".sesh-newnew", 23)
      age(".sesh-notes-of-mine", 48)
      yield* there.deploy()
      assert.deepStrictEqual(there.rubbish(), kept)
    })
  )

  test(
    "the old sesh continues to run while it is replaced",
    Effect.gen(function*() {
      const there = yield* machine({
        sesh: fakeSesh("1.0.0", { run: "[ $1 != daemon ] || { read line; echo $line; exit; }" })
      })
      const daemon = spawn(Path.join(there.home, ".local/bin/sesh"), ["daemon"], { stdio: ["pipe", "pipe", "ignore"] })
      let said = ""
      daemon.stdout.on("data", (bytes: Buffer) => void (said += bytes.toString()))
      yield* there.deploy()
      daemon.stdin.end("still here\n")
      yield* happens("it answers", () => said === "still here\n")
    })
  )
})

describeWith(["ssh", "sshd", "ssh-keygen", "zstd"], "DeployerSsh, zstd on the host", () => {
  test(
    "is preferred to gzip, and asks for no more memory than its program allows",
    Effect.gen(function*() {
      const zstd = "echo \"$@\" >\"$HOME/arguments\"; exec /usr/bin/zstd \"$@\""
      const there = yield* machine({ scripts: { zstd, gzip: "exit 1" } })
      assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
      assert.notMatch(Fs.readFileSync(Path.join(there.home, "arguments"), "utf8"), /long|memory/)
    })
  )

  test(
    "is left alone when it does not undo as large a window",
    Effect.gen(function*() {
      const zstd = "echo run >>\"$HOME/runs\"; exec /usr/bin/zstd -M64MB \"$@\""
      const there = yield* machine({ scripts: { zstd } })
      assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
      assert.strictEqual(Fs.readFileSync(Path.join(there.home, "runs"), "utf8"), "run\n")
    })
  )

  for (const [next, without] of [["gzip", []], ["no compression", ["gzip"]]] as const) {
    test(
      `gives way to ${next} when it is killed`,
      Effect.gen(function*() {
        const zstd = "[ ! -e \"$HOME/asked\" ] || kill -KILL $$\n: >\"$HOME/asked\"; exec /usr/bin/zstd \"$@\""
        const there = yield* machine({ scripts: { zstd }, without })
        assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
        assert.deepStrictEqual(there.rubbish(), [])
      })
    )
  }
})
