/** Makes dist/THIRD-PARTY-LICENSES: those of all that others made of what is in the executable. */
import * as fs from "node:fs"
import * as path from "node:path"
import { nodeLicenceOf } from "./platform.mjs"
import { read, root, writeWhole } from "./steps.mjs"

/** Of what others made of the executable: they ask that it goes with each copy. */
export const licences = path.join(root, "dist", "THIRD-PARTY-LICENSES")

const modules = path.join(root, "node_modules")

/** What is in the executable without being in the bundle: the addon. */
const BESIDES = ["node-pty"]

const TEXT = /^licen[cs]e(\.\w+)?$/i

/** The folder of the package that a file is in; none for our own. Before what is from a plugin its name is. */
const packagesOf = (file) => {
  const [folder] = /^.*node_modules\/(?:@[^/]+\/)?[^/]+/.exec(file.replace(/^\w+:/, "")) ?? []
  return folder === undefined ? [] : [path.resolve(root, folder)]
}

/** A package that has no such file in it names its licence, and where it is from. */
const licenceOf = (folder) => {
  const { homepage, license, name, repository, version } = JSON.parse(
    fs.readFileSync(path.join(folder, "package.json"), "utf8")
  )
  const file = fs.readdirSync(folder).find((one) => TEXT.test(one))
  const said = `${license}, ${homepage ?? repository?.url ?? repository}`
  return { name: `${name} ${version}`, text: file === undefined ? said : read(path.join(folder, file)) }
}

/** `bundled`: the files in the bundle, from the root. */
export const writeLicences = (platform, bundled) => {
  const packages = new Set([
    ...bundled.flatMap(packagesOf),
    ...BESIDES.map((name) => path.join(modules, name))
  ])
  const all = [
    { name: "Node.js, and what it is made of", text: read(nodeLicenceOf(platform)) },
    ...[...packages].toSorted().map(licenceOf)
  ]
  const line = "=".repeat(80)
  writeWhole(licences, all.map(({ name, text }) => `${line}\n${name}\n${line}\n\n${text.trim()}\n`).join("\n"))
}
