/** One host that ssh knows by two names. */
import { assert, it } from "@effect/vitest"
import * as fs from "node:fs"
import * as path from "node:path"
import { type Hosts, hosts } from "../support/hosts.ts"
import { describeWithHosts } from "../support/needs.ts"

const rowsOf = async ({ client }: Hosts) => {
  const { code, out } = await client.sesh([])
  assert.strictEqual(code, 0)
  return out.trimEnd().split("\n").map((line) => line.split(/ {2,}/)[0])
}

describeWithHosts("a host with two names", () => {
  for (const SESH_SSH of ["openssh", "ssh2"]) {
    it(`is listed under the one used first, and asked about under none, by ${SESH_SSH}`, async () => {
      const lab = await hosts(1, { env: { SESH_SSH } })
      const { client } = lab
      const config = path.join(client.home, ".ssh/config")
      fs.writeFileSync(config, fs.readFileSync(config, "utf8").replace("Host h1\n", "Host h1 web a.example.com\n"))
      const said = async (...args: ReadonlyArray<string>) => {
        const { code, err, out } = await client.sesh(args)
        return [out, err, code] as const
      }
      for (const [host, name] of [["@web", "dev"], ["@a.example.com", "api"]] as const) {
        assert.deepStrictEqual(await said(host, name, "-d"), ["", "", 0])
      }
      for (let n = 0; n < 2; n++) {
        assert.sameMembers(await rowsOf(lab), ["@web api", "@web dev"])
      }
      const { hosts: listed } = JSON.parse((await said("--json"))[0])
      assert.deepStrictEqual(
        listed.map(({ host, sessions }: { host: string; sessions: ReadonlyArray<unknown> }) => [host, sessions.length]),
        [["a.example.com", 0], ["web", 2]]
      )
      assert.deepStrictEqual(await said("--send", "dev", "ls", "--enter"), ["", "[dev is on web]\n", 0])
      const [, ended, status] = await said("--kill", "dev", "api")
      assert.sameMembers(ended.trimEnd().split("\n"), [
        "[dev is on web]",
        "[api is on web]",
        "[dev on web ended]",
        "[api on web ended]"
      ])
      assert.strictEqual(status, 0)
    })
  }
})
