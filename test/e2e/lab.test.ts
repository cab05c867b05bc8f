import { execFileSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { describe, expect, it } from "vitest"
import { inNamespaces } from "../support/lab.ts"
import { describeWithHosts } from "../support/needs.ts"
import { sandbox } from "../support/sandbox.ts"

const FIXTURE = path.resolve(import.meta.dirname, "../fixtures/passwdReplaced.ts")

describeWithHosts("a host of a test", () => {
  describe.skipIf(!inNamespaces)("in namespaces", () => {
    it("keeps its users when this system's are replaced meanwhile", () => {
      const box = sandbox()
      const [etc, dir] = [path.join(box.home, "etc"), path.join(box.home, "hosts")]
      execFileSync("cp", ["-a", "/etc", etc])
      fs.mkdirSync(dir)
      const inCopy = ["--mount", "sh", "-c", "mount --bind \"$1\" /etc && shift && exec \"$@\"", "sh", etc]
      const out = execFileSync("unshare", [...inCopy, process.execPath, FIXTURE, dir, box.home], {
        encoding: "utf8",
        env: box.env
      })
      const home = path.join(dir, "h1")
      expect(out).toBe(`${home}\n${home}\n`)
    })
  })
})
