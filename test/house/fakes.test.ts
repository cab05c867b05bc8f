/** The rule for the fakes, as `World.ts` has it. */
import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import * as Fs from "node:fs"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "../..")
const path = (file: string) => Path.join(root, file)
const testing = Path.join(root, "src/layers/testing")

const files = Fs.readdirSync(testing, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))

const HANDLE = /class (\w+) extends Context\.Service<[\s\S]*?>\(\)\(\s*"([^"]+)"/g

/** Contracts: what a file of `services` declares as a service. */
const contracts = Fs.readdirSync(path("src/services"))
  .filter((file) => Fs.readFileSync(path(`src/services/${file}`), "utf8").includes("extends Context.Service<"))
  .map((file) => Path.basename(file, ".ts"))

/** Where the fake is another one, or none is needed because the live layer needs no machine. */
const FAKED_BY: Readonly<Record<string, string>> = {
  EndedSessions: "src/layers/testing/SessionFilesFake.ts",
  QueryResponder: "src/layers/vt/QueryResponderLive.ts",
  SessionDaemon: "src/layers/daemon/SessionDaemonLive.ts"
}

/** Suites of two contracts that are one another's other side. */
const SUITE_OF: Readonly<Record<string, string>> = { EndedSessions: "SessionFiles", SessionClient: "SessionServer" }

/** Two values that are given: there is nothing to hold them to. */
const WITHOUT_SUITE = new Set(["OperatingSystem"])

describe("the fakes", () => {
  it("are there for every contract, and so are suites that hold them", () => {
    const fakes = contracts.map((name) => FAKED_BY[name] ?? `src/layers/testing/${name}Fake.ts`)
    const suites = contracts.filter((name) => !WITHOUT_SUITE.has(name)).map((name) =>
      `test/contract/${SUITE_OF[name] ?? name}.ts`
    )
    assert.deepStrictEqual([...fakes, ...suites].filter((file) => !Fs.existsSync(path(file))), [])
  })

  it("need no module of Node, and nothing that needs one", async () => {
    const { errors, metafile } = await build({
      absWorkingDir: root,
      stdin: { contents: files.map((file) => `import "./${file}"`).join("\n"), resolveDir: testing },
      bundle: true,
      write: false,
      metafile: true,
      format: "esm",
      platform: "neutral",
      external: ["node:*"],
      logLevel: "silent"
    })
    assert.deepStrictEqual(errors, [])
    const external = Object.entries(metafile.inputs).flatMap(([file, { imports }]) =>
      imports.filter((found) => found.external === true).map(({ path }) => `${file} imports ${path}`)
    )
    assert.deepStrictEqual(external, [])
  })

  it.each(files.filter((file) => file.endsWith("Fake.ts")))("are called as their contract is: %s", (file) => {
    const contract = Path.basename(file, "Fake.ts")
    assert.isTrue(Fs.existsSync(path(`src/services/${contract}.ts`)))
    assert.match(Fs.readFileSync(Path.join(testing, file), "utf8"), /^export const layer\b/m)
  })

  it.each(files)("have one handle, and it is called as they are: %s", (file) => {
    const [own] = /^.*(?=Fake\.ts$)|^World(?=\.ts$)|Network(?=TestRef\.ts$)/.exec(file) ?? []
    const found = [...Fs.readFileSync(Path.join(testing, file), "utf8").matchAll(HANDLE)]
    for (const [, name, key] of found) {
      assert.deepStrictEqual([name, key], [`${own}TestRef`, `sesh/layers/testing/${own}TestRef`])
    }
    assert.isAtMost(found.length, 1)
  })
})
