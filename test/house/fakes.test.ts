/** The rule for the fakes, as `World.ts` has it. */
import { assert, describe, it } from "@effect/vitest"
import { build } from "esbuild"
import * as Fs from "node:fs"
import * as Path from "node:path"

const root = Path.resolve(import.meta.dirname, "../..")
const testing = Path.join(root, "src/layers/testing")

const files = Fs.readdirSync(testing, { recursive: true, encoding: "utf8" }).filter((name) => name.endsWith(".ts"))

const HANDLE = /class (\w+) extends Context\.Service<[\s\S]*?>\(\)\(\s*"([^"]+)"/g

describe("the fakes", () => {
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
    assert.isTrue(Fs.existsSync(Path.join(root, `src/services/${contract}.ts`)))
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
