import { existsSync } from "node:fs"
import * as path from "node:path"
import { describe } from "vitest"

const found = (program: string): boolean =>
  program.startsWith("/")
    ? existsSync(program)
    : `${process.env["PATH"] ?? ""}:/usr/sbin:/sbin`.split(":").some((dir) => existsSync(path.join(dir, program)))

/** Which Debian package has what a test wants: a program, or a file. */
export const PACKAGES: Readonly<Record<string, string>> = {
  tmux: "tmux",
  zsh: "zsh",
  fish: "fish",
  tcsh: "tcsh",
  dash: "dash",
  bash: "bash",
  "/usr/share/bash-completion/bash_completion": "bash-completion",
  dtach: "dtach",
  vim: "vim",
  less: "less",
  htop: "htop",
  man: "man-db",
  mandoc: "mandoc",
  mount: "mount",
  prlimit: "util-linux",
  setpriv: "util-linux",
  script: "bsdutils",
  "/bin/ps": "procps",
  "/usr/bin/lsof": "lsof",
  ssh: "openssh-client",
  "ssh-keygen": "openssh-client",
  "ssh-agent": "openssh-client",
  scp: "openssh-client",
  rsync: "rsync",
  sshd: "openssh-server",
  ip: "iproute2",
  tc: "iproute2",
  unshare: "util-linux",
  chroot: "coreutils",
  dpkg: "dpkg",
  tar: "tar",
  nsenter: "util-linux",
  zstd: "zstd",
  perl: "perl-base",
  npm: "npm"
}

/**
 * A `describe` that is skipped where there is a problem with what it needs, and says so. In CI nothing is skipped:
 * there its tests fail instead.
 */
export const describeUnless = (problem: string | undefined, name: string, tests: () => void): void => {
  const skip = problem !== undefined && process.env["CI"] !== "true"
  describe.skipIf(skip)(problem === undefined ? name : `${name} (${problem})`, tests)
}

/** A `describe` for what needs programs; it says which packages have those that are missing. */
export const describeWith = (programs: ReadonlyArray<string>, name: string, tests: () => void): void => {
  const missing = programs.filter((program) => !found(program)).map((program) => PACKAGES[program] ?? program)
  describeUnless(missing.length > 0 ? `install: ${missing.join(", ")}` : undefined, name, tests)
}

/** A `describe` for what only root can set up. */
export const describeAsRoot = (name: string, tests: () => void): void => {
  const isRoot = process.getuid?.() === 0
  describe.skipIf(!isRoot)(isRoot ? name : `${name} (run as root)`, tests)
}

/** A `describe` for tests with hosts of their own (hosts.ts). */
export const describeWithHosts = (name: string, tests: () => void): void =>
  describeWith(["ssh", "sshd", "ssh-keygen", "ip", "tc", "unshare", "nsenter", "setpriv", "tmux"], name, tests)
