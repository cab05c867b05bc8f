/**
 * A root file system with the files of some of this system's packages, and of what they depend on: what Debian is where
 * nothing else was installed.
 */
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import * as path from "node:path"

interface Package {
  readonly essential: boolean
  /** The alternatives of each dependency. */
  readonly needs: ReadonlyArray<ReadonlyArray<string>>
  readonly provides: ReadonlyArray<string>
}

const run = (command: string, args: ReadonlyArray<string>, input?: string): string => {
  const { error, status, stderr, stdout } = spawnSync(command, args, {
    ...(input === undefined ? {} : { input }),
    encoding: "utf8",
    maxBuffer: 1 << 26
  })
  if (status !== 0) throw new Error(`${command}: ${error?.message ?? stderr}`)
  return stdout
}

/** `libc6 (>= 2.34) | libc6.1:any` are two names. */
const names = (list: string): ReadonlyArray<string> =>
  list.split("|").flatMap((one) => /^[a-z0-9.+-]+/.exec(one.trim())?.[0] ?? [])

const installed = (): ReadonlyMap<string, Package> => {
  const format = "${Package}\\t${Essential}\\t${Pre-Depends}, ${Depends}\\t${Provides}\\n"
  return new Map(
    run("dpkg-query", ["--show", `--showformat=${format}`]).split("\n").slice(0, -1).map((line) => {
      const [name, essential, needs, provides] = line.split("\t") as [string, string, string, string]
      return [name, {
        essential: essential === "yes",
        needs: needs.split(",").map(names),
        provides: provides.split(",").flatMap(names)
      }]
    })
  )
}

/** The essential packages, those that are named, and all that they need. */
const closure = (packages: ReadonlyMap<string, Package>, more: ReadonlyArray<string>): ReadonlySet<string> => {
  const providers = new Map([...packages].flatMap(([name, { provides }]) => provides.map((one) => [one, name])))
  const all = new Set([...packages].flatMap(([name, { essential }]) => essential ? [name] : []))
  for (const name of more) all.add(name)
  // A set that grows while it is iterated is iterated to its last end.
  for (const name of all) {
    for (const alternatives of packages.get(name)?.needs ?? []) {
      const found = alternatives.find((one) => packages.has(one)) ??
        alternatives.flatMap((one) => providers.get(one) ?? [])[0]
      if (found !== undefined) all.add(found)
    }
  }
  return all
}

/** Since usrmerge these are links, which belong to no package. */
const MERGED = ["bin", "sbin", "lib", "lib32", "lib64", "libx32"]

/** Fills a directory with the essential packages, `more`, and all that these depend on. Documentation is left out. */
export const debianRoot = (to: string, more: ReadonlyArray<string>): void => {
  for (const name of MERGED) {
    const target = fs.existsSync(`/${name}`) && fs.lstatSync(`/${name}`).isSymbolicLink() && fs.readlinkSync(`/${name}`)
    if (target) fs.symlinkSync(target, path.join(to, name))
  }
  const listed = new Set(run("dpkg", ["--listfiles", ...closure(installed(), more)]).split("\n"))
  const files = [...listed].filter((file) =>
    file.startsWith("/") && !/^\/usr\/share\/(doc|man|info|locale)\//.test(file) &&
    fs.lstatSync(file, { throwIfNoEntry: false })?.isDirectory() === false
  ).map((file) => path.join(fs.realpathSync(path.dirname(file)), path.basename(file)))
  const archive = ["--no-recursion", "--null", "--files-from=-"]
  const script = "tar --create --directory=/ \"$@\" | tar --extract --directory=\"$0\""
  run("sh", ["-c", script, to, ...archive], files.map((file) => `${file.slice(1)}\0`).join(""))
  for (const name of ["dev", "proc", "root", "tmp"]) fs.mkdirSync(path.join(to, name), { recursive: true })
  fs.writeFileSync(path.join(to, "etc/passwd"), "root:x:0:0:root:/root:/bin/bash\n")
}
