import { assert } from "@effect/vitest"
import * as Effect from "effect/Effect"
import * as Fs from "node:fs"
import * as Path from "node:path"
import type { DeployProgress } from "../../../src/services/Deployer.ts"
import { fakeSesh, type HostOptions, Machines, publish } from "../../fixtures/deployHosts.ts"
import { failing, machine, OLD, test } from "../../fixtures/deployMachine.ts"
import { OURS } from "../../support/deploySuite.ts"
import { describeWith } from "../../support/needs.ts"

/** A host that has these loaders, and says this of its glibc. */
const linux = (
  loaders: string,
  { getconf = "exit 1", uname = "x86_64" } = {}
): Record<"uname" | "ls" | "getconf", string> => ({
  uname: `case $1 in -s) echo Linux ;; *) echo ${uname} ;; esac`,
  ls: `for loader in ${loaders}; do echo "$loader"; done; echo "ls: cannot access" >&2; exit 2`,
  getconf: `case $1 in GNU_LIBC_VERSION) ${getconf} ;; esac`
})

const X64 = "/lib64/ld-linux-x86-64.so.2"

/** What does not run tells nothing. */
const BROKEN = "#!/no/such/shell\n"

describeWith(["ssh", "sshd", "ssh-keygen"], "DeployerSsh, where the C library does not fit", () => {
  for (
    const [what, scripts, message] of [
      [
        "it is musl",
        linux("/lib/ld-musl-x86_64.so.1"),
        /its C library is musl \(as on Alpine Linux\), and sesh is made for glibc; .*container.* on web/
      ],
      [
        "it is musl on arm64",
        linux("/lib/ld-musl-aarch64.so.1", { uname: "aarch64" }),
        /its C library is musl/
      ],
      [
        "glibc is too old",
        linux(X64, { getconf: "echo glibc 2.17" }),
        /its glibc is 2\.17, and sesh needs 2\.28 or newer; Debian 10, Ubuntu 20\.04, RHEL 8 .* web/
      ],
      [
        "glibc is hardly too old, and says so at length",
        linux(X64, {
          getconf: "printf 'glibc 2.27\\033[2J'; for i in 1 2 3 4 5 6 7 8 9; do echo '0123456789 0123456789'; done"
        }),
        /its glibc is 2\.27, and/
      ],
      [
        "the kernel alone is 64-bit (x86)",
        linux("/lib/ld-linux.so.2"),
        /its kernel is Linux x86_64, but its programs are 32-bit .*; sesh needs a 64-bit system with glibc/
      ],
      [
        "the kernel alone is 64-bit (ARM)",
        linux("/lib/ld-linux-armhf.so.3", { uname: "aarch64", getconf: "echo glibc 2.36" }),
        /its kernel is Linux aarch64, but its programs are 32-bit/
      ],
      [
        "there is no loader that we know",
        linux(""),
        /it has no loader of glibc for Linux x86_64 \(\/lib64\/ld-linux-x86-64\.so\.2\); /
      ],
      [
        "there is a loader of another processor's only",
        linux(X64, { uname: "aarch64" }),
        /it has no loader of glibc for Linux aarch64 \(\/lib\/ld-linux-aarch64\.so\.1\); /
      ],
      [
        "NixOS keeps a stub in the loader's place",
        linux("\"$HOME/ld-linux-x86-64.so.2\"", { getconf: "echo glibc 2.40" }),
        /NixOS does not run programs made for other systems; .*programs\.nix-ld\.enable/
      ]
    ] as ReadonlyArray<readonly [string, Record<string, string>, RegExp]>
  ) {
    test(
      `nothing is sent, and npm is not asked: ${what}`,
      Effect.gen(function*() {
        const there = yield* machine({ npm: true, sesh: BROKEN, scripts })
        const stub = "\x7fELF\x00https://nix.dev/permalink/stub-ld\n\x00"
        Fs.writeFileSync(Path.join(there.home, "ld-linux-x86-64.so.2"), stub)
        const seen: Array<DeployProgress> = []
        const error = yield* Effect.flip(there.deploy("web", (progress) => seen.push(progress)))
        assert.strictEqual(error.step, "detect_platform")
        assert.match(error.message, message)
        assert.notMatch(error.message + error.stderr, /[\u0000-\u001f]/)
        assert.isBelow(error.message.length, 300)
        assert.deepStrictEqual(seen, [{ _tag: "Doing", what: "looking" }])
        assert.deepStrictEqual([there.installed(), there.rubbish()], [BROKEN, []])
      })
    )
  }

  for (
    const [what, given] of [
      ["glibc is just new enough", { scripts: linux(X64, { getconf: "echo glibc 2.28" }) }],
      ["glibc does not say its version", { scripts: linux(X64, { getconf: "echo unknown; exit 0" }) }],
      ["nothing can say it", { without: ["getconf"], platform: `${process.platform}-${process.arch}` }],
      ["both are there", { scripts: linux(`${X64} /lib/ld-linux.so.2 /lib/ld-musl-x86_64.so.1`) }],
      ["a sesh runs all the same", { sesh: OLD, scripts: linux("/lib/ld-musl-x86_64.so.1") }]
    ] as ReadonlyArray<readonly [string, HostOptions & { readonly platform?: string }]>
  ) {
    test(
      `it is tried where ${what}`,
      Effect.gen(function*() {
        const there = yield* machine({ platform: "linux-x64", ...given })
        assert.deepStrictEqual(yield* there.deploy(), { way: "copy", version: OURS })
      })
    )
  }
})

describeWith(["ssh", "sshd", "ssh-keygen"], "DeployerSsh, where a library is missing", () => {
  const lacking = (library: string) =>
    `$0: error while loading shared libraries: ${library}: cannot open shared object file: No such file or directory`
  for (
    const [what, said, message] of [
      [
        "libstdc++",
        lacking("libstdc++.so.6"),
        /libstdc\+\+\.so\.6 is missing, .*1\.0\.0 there is left.*; install libstdc\+\+6 \(Debian, Ubuntu, openSUSE\) or libstdc\+\+ \(Fedora, RHEL\) on web/
      ],
      [
        "libgcc_s",
        lacking("libgcc_s.so.1"),
        /libgcc_s\.so\.1 is missing.*; install libgcc-s1 \(Debian, Ubuntu\), libgcc_s1 \(openSUSE\) or libgcc \(Fedora, RHEL\) on web/
      ],
      [
        "libatomic, which an older sesh needs",
        lacking("libatomic.so.1"),
        /libatomic\.so\.1 is missing.*; install libatomic1 \(Debian, Ubuntu, openSUSE\) or libatomic \(Fedora, RHEL\) on web/
      ],
      [
        "one that we do not know",
        lacking("libfoo-2.so.1"),
        /libfoo-2\.so\.1 is missing.*; install the package that has it on web/
      ],
      [
        "one with a name of JavaScript's",
        lacking("constructor"),
        /constructor is missing.*; install the package that has it/
      ],
      [
        "one with a name that no library has",
        lacking(`lib\\033]0;owned\\007${"o".repeat(1000)}.so`),
        /sesh does not run there|is not there/
      ],
      [
        "what musl's own loader misses",
        "Error loading shared library libstdc++.so.6: No such file or directory (needed by $0)",
        /its C library is musl/
      ],
      ["what a layer over musl misses", "Error relocating $0: fcntl64: symbol not found", /its C library is musl/],
      [
        "everything, on NixOS",
        "Could not start dynamically linked executable: $0\\nNixOS cannot run dynamically linked executables",
        /NixOS does not run programs made for other systems, .*programs\.nix-ld\.enable/
      ]
    ] as ReadonlyArray<readonly [string, string, RegExp]>
  ) {
    test(
      `the message says which, and what brings it: ${what}`,
      Effect.gen(function*() {
        const error = yield* failing({ own: fakeSesh(OURS, { run: `printf "${said}\\n" >&2; exit 127` }) })
        assert.strictEqual(error.step, "run")
        assert.match(error.message, message)
        assert.notMatch(error.message + error.stderr, /[\u0000-\u0009\u000b-\u001f]/)
        assert.isBelow(error.message.length, 500)
        if (what.startsWith("lib")) assert.match(error.message, /if another one is missing, the next try names it/)
      })
    )
  }

  test(
    "no copy follows on what npm installed, which would miss the same one",
    Effect.gen(function*() {
      const { registry } = yield* Machines
      publish(registry, fakeSesh(OURS, { run: `echo "${lacking("libstdc++.so.6")}" >&2; exit 127` }))
      const there = yield* machine({ npm: true, sesh: OLD })
      const seen: Array<DeployProgress> = []
      const error = yield* Effect.flip(there.deploy("web", (progress) => seen.push(progress)))
      assert.strictEqual(error.step, "run")
      assert.match(error.message, /libstdc\+\+\.so\.6 is missing/)
      assert.notInclude(seen.map(({ _tag }) => _tag), "Sending")
      assert.deepStrictEqual([there.installed(), there.rubbish()], [OLD, []])
    })
  )
})
