import * as fs from "node:fs"
import * as os from "node:os"
import * as path from "node:path"
import { expect, it } from "vitest"
import { outsideEnv, removeLeft, requireNode } from "../../scripts/steps.mjs"

const root = path.resolve(import.meta.dirname, "../..")

it("an npm of its own has nothing of the npm that runs a script, and the user's PATH", () => {
  const users = [`${root}-tools/bin`, `${root}/bin`, "/usr/bin"]
  const npms = [
    `${root}/node_modules/.bin`,
    "/usr/lib/node_modules/npm/node_modules/@npmcli/run-script/lib/node-gyp-bin"
  ]
  const env = {
    ...{ PATH: [...npms, ...users].join(":"), HOME: "/home/me", npm_config_registry: "http://here" },
    ...{ NODE: "/usr/bin/node", INIT_CWD: root, npm_lifecycle_event: "start", npm_package_json: "x" }
  }
  expect(outsideEnv(env)).toEqual({ PATH: users.join(":"), HOME: "/home/me", npm_config_registry: "http://here" })
})

it("what an end in the middle has left goes", () => {
  const dir = fs.mkdtempSync(path.join(os.tmpdir(), "sesh-left-"))
  try {
    for (const name of [".build-abc", ".build-def", "platforms", ".builds"]) fs.mkdirSync(path.join(dir, name))
    fs.writeFileSync(path.join(dir, ".build-abc", "sesh"), "half of it")
    removeLeft(dir, ".build-")
    expect(fs.readdirSync(dir).toSorted()).toEqual([".builds", "platforms"])
  } finally {
    fs.rmSync(dir, { recursive: true })
  }
})

it("an older Node is told so", () => {
  const { engines } = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))
  expect(engines).toEqual({ node: ">=20" })
  expect(() => requireNode("18.19.1")).toThrow(/^Node 20 or newer is needed, with its npm: this is 18\.19\.1 \(\//)
  for (const version of ["20.0.0", "26.10.0", "100.1.2"]) requireNode(version)
})
