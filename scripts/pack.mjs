/**
 * `npm run pack`: makes what is published, in dist/npm. One package that everybody installs, with a few lines of shell,
 * and one for each platform with the executable in it, of which npm installs the one that fits (optionalDependencies
 * with `os` and `cpu`). `-- --all`: for every platform whose programs this machine can run, not its own alone.
 * `-- --name @acme/sesh`: for a registry of one's own.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"
import { ensureBuilt, executableOf, manualPage } from "./ensure.mjs"
import { problemWith } from "./foreign.mjs"
import { licences } from "./licences.mjs"
import { here, platforms } from "./platform.mjs"
import { Failed, flags, locked, removeLeft, root, runMain, say } from "./steps.mjs"

const own = JSON.parse(fs.readFileSync(path.join(root, "package.json"), "utf8"))

const manifest = (name, more) => ({
  name,
  version: own.version,
  description: own.description,
  license: own.license,
  ...more
})

/** What a folder has to have in it: where from, and with which mode. */
const files = {
  "README.md": [path.join(root, "README.md"), 0o644],
  LICENSE: [path.join(root, "LICENSE"), 0o644]
}

const common = (name) => ({
  manifest: manifest(name, {
    bin: { sesh: "npm/sesh" },
    man: ["./sesh.1"],
    files: ["npm/sesh", "sesh.1"],
    os: ["linux", "darwin"],
    cpu: ["x64", "arm64"],
    optionalDependencies: Object.fromEntries(platforms.map((platform) => [`${name}-${platform}`, own.version]))
  }),
  files: { ...files, "npm/sesh": [path.join(root, "npm/sesh"), 0o755], "sesh.1": [manualPage, 0o644] }
})

const forPlatform = (name, platform) => {
  const [os, cpu] = platform.split("-")
  return {
    manifest: manifest(`${name}-${platform}`, {
      description: `${own.description}: the executable for ${platform}`,
      files: ["bin/sesh", "THIRD-PARTY-LICENSES"],
      os: [os],
      cpu: [cpu],
      // Node's own executables are made for glibc.
      ...(os === "linux" ? { libc: ["glibc"] } : {}),
      preferUnplugged: true
    }),
    files: {
      ...files,
      "THIRD-PARTY-LICENSES": [licences, 0o644],
      "bin/sesh": [executableOf(platform), 0o755]
    }
  }
}

/** npm's own pack, on a folder that has just that in it. */
const pack = (folder, to, { files, manifest }) => {
  fs.mkdirSync(folder)
  fs.writeFileSync(path.join(folder, "package.json"), `${JSON.stringify(manifest, undefined, 2)}\n`)
  for (const [name, [from, mode]] of Object.entries(files)) {
    const file = path.join(folder, name)
    fs.mkdirSync(path.dirname(file), { recursive: true })
    fs.copyFileSync(from, file)
    fs.chmodSync(file, mode)
  }
  const args = ["pack", "--json", "--loglevel=error", `--pack-destination=${to}`]
  const { error, status, stderr, stdout } = spawnSync("npm", args, { cwd: folder, encoding: "utf8" })
  if (status !== 0) throw new Failed(`npm pack failed: ${error?.message ?? stderr}`)
  const made = JSON.parse(stdout)
  // An array, or since npm 11.15 an object by name.
  return path.join(to, Object.values(made)[0].filename)
}

const packAll = (packages, to) => {
  const dist = path.join(root, "dist")
  removeLeft(dist, ".pack-")
  const temp = fs.mkdtempSync(path.join(dist, ".pack-"))
  try {
    for (const [index, one] of packages.entries()) {
      process.stdout.write(`${pack(path.join(temp, String(index)), to, one)}\n`)
    }
  } finally {
    fs.rmSync(temp, { recursive: true, force: true })
  }
}

const options = {
  all: { type: "boolean", default: false },
  name: { type: "string", default: own.name },
  to: { type: "string", default: path.join(root, "dist", "npm") }
}

await runMain(async () => {
  const { all, name, to } = flags(options, "npm run pack [-- [--all] [--name NAME] [--to DIR]]")
  const wanted = platforms.filter((platform) => all || platform === here)
  const made = wanted.filter((platform) => problemWith(platform) === undefined)
  for (const platform of made) await ensureBuilt(platform)
  fs.mkdirSync(to, { recursive: true })
  const packages = [common(name), ...made.map((platform) => forPlatform(name, platform))]
  await locked(() => packAll(packages, path.resolve(to)))
  for (const platform of wanted) if (!made.includes(platform)) say(`not made: ${problemWith(platform)}`)
  const missing = platforms.filter((platform) => !wanted.includes(platform))
  if (missing.length > 0) say(`for ${missing.join(", ")}: npm run pack -- --all, or on such machines`)
  say("publish the packages for platforms first")
  return 0
})
