/** What the executable asks of a system, and that it runs on a Debian where nobody has installed anything. */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { afterAll, beforeAll, describe, expect, it } from "vitest"
import { neededLibraries, neededVersions, readElf } from "../../scripts/elf.mjs"
import { debianRoot } from "../support/debianRoot.ts"
import { describeAsRoot, describeWith } from "../support/needs.ts"
import { describeOtherExecutable, OTHER_SESH, PLATFORM } from "../support/otherProcessor.ts"
import { SESH } from "../support/processes.ts"

const addonOf = (platform: string) => path.resolve(SESH, `../platforms/${platform}/pty.node`)

/** Runs `$1` where `$0` is all that there is, with processes of its own, which end with it. */
const INSIDE = `
mount --rbind /dev "$0/dev" && mount -t proc proc "$0/proc" && exec chroot "$0" /usr/bin/env -i HOME=/root TERM=xterm \\
  PATH=/usr/bin:/bin SHELL=/bin/bash sh -c "$1"
`

const NAMESPACES = ["--mount", "--propagation=private", "--pid", "--fork", "--kill-child"]

const inside = (root: string, script: string) => {
  const args = [...NAMESPACES, "sh", "-c", INSIDE, root, script]
  const { status, stderr, stdout } = spawnSync("unshare", args, { encoding: "utf8" })
  return { status, out: stdout.replaceAll("\r", ""), err: stderr }
}

/** Every way that a library has into a daemon: it is started, shows a screen, and tells of its end. */
const LIFE = `
sesh --version && sesh --check && sesh dev -d && sesh --send dev 'echo one$((1 + 1))three' --enter &&
printf 'exit 5\\r' | script --quiet --return --command 'sesh dev' /dev/null
echo "attached: $?"
sesh --exec job --print -- sh -c 'echo from the job; exit 7'
echo "exec: $?"
sesh dev -d && sesh --kill dev && echo "left: $(sesh --names)"
`

const isNewer = (version: string, than: string) => version.localeCompare(than, "en", { numeric: true }) > 0

const isThereWithGlibc228 = (file: string) => {
  const elf = readElf(fs.readFileSync(file))
  const loader = /^ld-linux-(x86-64\.so\.2|aarch64\.so\.1)$/
  const libraries = neededLibraries(elf).map(({ name }) => name.replace(loader, "ld-linux"))
  expect([
    ...["libc.so.6", "libdl.so.2", "libgcc_s.so.1", "libm.so.6", "libpthread.so.0", "libstdc++.so.6"],
    ...["ld-linux", "libutil.so.1"]
  ]).toEqual(expect.arrayContaining(libraries))
  const versions = neededVersions(elf).flatMap(({ versions }) => versions.map(({ name }) => name))
  expect(versions).toContain("GLIBC_2.28")
  // GCC 8 came with that glibc, on Debian 10 and RHEL 8: its libstdc++ has these.
  const newest = { GLIBC: "2.28", GLIBCXX: "3.4.25", CXXABI: "1.3.11", GCC: "8.0.0" }
  const unknown = versions.filter((name) => {
    const [kind, version] = name.split("_") as [string, string]
    return !(kind in newest) || isNewer(version, newest[kind as keyof typeof newest])
  })
  expect(unknown).toEqual([])
}

describe.skipIf(process.platform !== "linux")("what is loaded on a host", () => {
  it.each([["the executable", SESH], ["the addon in it", addonOf(`linux-${process.arch}`)]])(
    "is there on every one with glibc 2.28: %s",
    (_, file) => isThereWithGlibc228(file)
  )

  describeOtherExecutable("of the other processor", () => {
    it.each([["the executable", OTHER_SESH], ["the addon in it", addonOf(PLATFORM)]])(
      "is there on every one with glibc 2.28: %s",
      (_, file) => {
        expect(readElf(fs.readFileSync(file)).machine).toBe("arm64")
        isThereWithGlibc228(file)
      }
    )
  })
})

describeAsRoot("a stock server", () => {
  describeWith(["dpkg", "tar", "unshare", "chroot"], "of Debian", () => {
    let root = ""
    /** What an installation has that has nothing: the essential packages, and apt. */
    let minimal = ""
    /** Smaller than that are containers: the essential packages alone. */
    let essential = ""

    beforeAll(() => {
      root = fs.realpathSync(fs.mkdtempSync(path.join(os.tmpdir(), "sesh-stock-")))
      const make = (name: string, more: ReadonlyArray<string>) => {
        const dir = path.join(root, name)
        fs.mkdirSync(dir)
        debianRoot(dir, more)
        fs.copyFileSync(SESH, path.join(dir, "usr/bin/sesh"))
        return dir
      }
      minimal = make("minimal", ["apt"])
      essential = make("essential", [])
    })

    afterAll(() => fs.rmSync(root, { recursive: true, force: true }))

    it("has no libatomic, and runs sesh", () => {
      const files = fs.readdirSync(path.join(minimal, "usr/lib"), { recursive: true, encoding: "utf8" })
      expect(files.filter((file) => /libatomic|libstdc\+\+/.test(file))).toEqual([
        expect.stringMatching(/\/libstdc\+\+\.so\.6$/),
        expect.stringMatching(/\/libstdc\+\+\.so\.6\.0\.\d+$/)
      ])
      const { err, out, status } = inside(minimal, LIFE)
      expect({ err, status }).toEqual({ err: "[dev ended]\n", status: 0 })
      expect(out).toMatch(/^sesh \d+\.\d+\.\d+\n/)
      expect(out).toMatch(/one2three/)
      expect(out).toMatch(/^attached: 5\nfrom the job\nexec: 7\nleft: $/m)
    })

    it("without apt lacks one library, which the loader names", () => {
      const { err, status } = inside(essential, "sesh --version")
      expect({ err, status }).toEqual({ err: expect.stringMatching(/libstdc\+\+\.so\.6: cannot open/), status: 127 })
    })
  })
})
