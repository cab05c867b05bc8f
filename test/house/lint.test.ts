/** What the house's own rules forbid, planted into a copy of the tree's shape: the linter catches each, and no more. */
import { assert, describe, it } from "@effect/vitest"
import { spawnSync } from "node:child_process"
import * as Fs from "node:fs"
import * as Os from "node:os"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "../..")

/** A file of src and a line that it must not have. */
const WRONG: ReadonlyArray<readonly [file: string, line: string]> = [
  ["schema/X.ts", "import * as Fs from \"node:fs\""],
  ["schema/X.ts", "import { Pty } from \"../services/Pty.ts\""],
  ["schema/protocol/X.ts", "export * from \"../../services/Pty.ts\""],
  ["services/X.ts", "import type * as Net from \"node:net\""],
  ["services/X.ts", "import * as PtyFake from \"../layers/testing/PtyFake.ts\""],
  ["services/X.ts", "import { run } from \"../commands/run.ts\""],
  ["commands/session/x.ts", "import * as Os from \"node:os\""],
  ["commands/session/x.ts", "import * as PathsXdg from \"../../layers/paths/PathsXdg.ts\""],
  ["commands/session/x.ts", "import { exec } from \"../scripts/exec.ts\""],
  ["commands/words/x.ts", "import { open } from \"../session/open.ts\""],
  ["commands/language/x.ts", "import { onHost } from \"../hosts/onHost.ts\""],
  ["commands/peer/x.ts", "import { main } from \"../../main.ts\""],
  ["commands/run.ts", "import * as NodeStream from \"@effect/platform-node/NodeStream\""],
  ["manual/x.ts", "import { list } from \"../commands/session/list.ts\""],
  ["layers/vt/x.ts", "import * as Fs from \"node:fs\""],
  ["layers/vt/x.ts", "export { load } from \"../xterm/load.ts\""],
  ["layers/vt/x.ts", "export const cwd = process.cwd()"],
  ["layers/daemon/x.ts", "import * as PtyNode from \"../pty/PtyNode.ts\""],
  ["layers/daemon/x.ts", "const fs = process.getBuiltinModule(\"node:fs\")"],
  ["layers/daemon/x.ts", "export type Stats = import(\"node:fs\").Stats"],
  ["layers/scrollback/x.ts", "import { Terminal } from \"@xterm/headless\""],
  ["layers/attach/x.ts", "import { connectUnix } from \"../connection/unixSocket.ts\""],
  ["layers/attach/x.ts", "export const load = () => import(\"node:net\")"],
  ["layers/pty/x.ts", "import * as PtyFake from \"../testing/PtyFake.ts\""],
  ["layers/pty/x.ts", "import ssh2 from \"ssh2\""],
  ["layers/connection/x.ts", "export const load = (module: object) => process.dlopen(module, \"pty.node\")"],
  ["layers/console/x.ts", "import chalk from \"chalk\""],
  ["layers/sessions/x.ts", "import { onDemand } from \"../onDemand.ts\""],
  ["layers/sessions/x.ts", "import { readFileSync } from \"fs\""],
  ["layers/sessions/x.ts", "import * as entry from \"../../entry.ts\""],
  ["layers/ssh/shared/x.ts", "import { forwardedChannel } from \"../openssh/forward.ts\""],
  ["layers/ssh/openssh/x.ts", "import { connect } from \"../ssh2/connect.ts\""],
  ["layers/ssh/openssh/x.ts", "export const load = () => import(\"ssh2\")"],
  ["layers/ssh/ssh2/config/x.ts", "import * as Mux from \"../../openssh/mux.ts\""],
  ["layers/ssh/ssh2/x.ts", "export const load = (name: string) => import(name)"],
  ["layers/sync/x.ts", "import { lookUp } from \"../../../scripts/ensure.mjs\""],
  ["layers/remote/x.ts", "import * as RemotesFake from \"../testing/RemotesFake.ts\""],
  ["layers/xterm/x.ts", "import { WebLinksAddon } from \"@xterm/addon-web-links\""],
  ["layers/testing/x.ts", "import * as Net from \"node:net\""],
  ["layers/testing/x.ts", "import { callerAt } from \"../../../test/fixtures/syncHosts.ts\""],
  ["layers/X.ts", "import { Pty } from \"../services/Pty.ts\""],
  ["main.ts", "import * as PtyFake from \"./layers/testing/PtyFake.ts\""],
  ["main.ts", "import { makeMasters } from \"./layers/ssh/openssh/masters.ts\""],
  ["daemon.ts", "import { list } from \"./commands/session/list.ts\""],
  ["entry.ts", "import { rehearse } from \"./snapshot/rehearsal.ts\""],
  ["attic/x.ts", "import { Pty } from \"../services/Pty.ts\""]
]

/** Lines that are right: a rule that catches everything would catch the wrong ones too. */
const RIGHT: ReadonlyArray<readonly [file: string, line: string]> = [
  ["schema/Y.ts", "import * as Schema from \"effect/Schema\""],
  ["commands/session/y.ts", "import { Pty } from \"../../services/Pty.ts\""],
  ["layers/vt/y.ts", "import { VtScanner } from \"./scanner.ts\""],
  ["layers/xterm/y.ts", "export const load = () => import(\"@xterm/headless\")"],
  ["layers/ssh/ssh2/config/y.ts", "import { bare } from \"../pool.ts\""],
  ["layers/ssh/ssh2/y.ts", "import { oneLine } from \"../shared/sanitize.ts\""],
  ["layers/pty/y.ts", "export const load = (module: object) => process.dlopen(module, \"pty.node\")"],
  ["main.ts", "import * as PtyNode from \"./layers/pty/PtyNode.ts\""],
  ["snapshot/y.ts", "import * as PtyFake from \"../layers/testing/PtyFake.ts\""]
]

interface Diagnostic {
  readonly code: string
  readonly filename: string
  readonly labels: ReadonlyArray<{ readonly span: { readonly line: number } }>
}

/** What a rule catches, as `file: line`. Each file has all of its lines, one below the other. */
const caught = (rule: string, planted: typeof WRONG): ReadonlyArray<string> => {
  const dir = Fs.realpathSync(Fs.mkdtempSync(Path.join(Os.tmpdir(), "sesh-imports-")))
  try {
    for (const name of [".oxlintrc.json", "node_modules", "scripts"]) {
      Fs.symlinkSync(Path.join(root, name), Path.join(dir, name))
    }
    const files = Map.groupBy(planted, ([file]) => file)
    for (const [file, lines] of files) {
      Fs.mkdirSync(Path.dirname(Path.join(dir, "src", file)), { recursive: true })
      Fs.writeFileSync(Path.join(dir, "src", file), lines.map(([, line]) => `${line}\n`).join(""))
    }
    const oxlint = Path.join(root, "node_modules/.bin/oxlint")
    const { stderr, stdout } = spawnSync(process.execPath, [oxlint, "--format=json", "src"], {
      cwd: dir,
      encoding: "utf8"
    })
    assert.strictEqual(stderr, "")
    return (JSON.parse(stdout).diagnostics as ReadonlyArray<Diagnostic>)
      .filter(({ code }) => code === `house(${rule})`)
      .map(({ filename, labels }) => {
        const file = Path.relative("src", filename)
        return `${file}: ${files.get(file)![labels[0]!.span.line - 1]![1]}`
      })
  } finally {
    Fs.rmSync(dir, { recursive: true })
  }
}

const said = (planted: typeof WRONG) => planted.map(([file, line]) => `${file}: ${line}`).toSorted()

describe("the import rules", () => {
  it("catch every wrong import", () => {
    // A line may be caught for two reasons.
    assert.deepStrictEqual([...new Set(caught("imports", [...WRONG, ...RIGHT]))].toSorted(), said(WRONG))
  })
})

describe("the width of comments", () => {
  it("is that of code; a long text may be longer", () => {
    const long = "x".repeat(120)
    const wrong = [["schema/X.ts", `/** ${long} */`], ["schema/X.ts", `// ${long}`]] as const
    const right = [["schema/X.ts", `export const x = "${long}"`], ["schema/X.ts", `// ${"x".repeat(117)}`]] as const
    assert.deepStrictEqual([...caught("comments", [...wrong, ...right])].toSorted(), said(wrong))
  })
})
