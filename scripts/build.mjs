/**
 * Builds an executable, `--platform` its platform and `--to` its path: one file with Node, the program as a startup
 * snapshot, and the PTY addon in it; and dist/sesh.1 and dist/THIRD-PARTY-LICENSES. Run by scripts/ensure.mjs with the
 * Node of this platform.
 *
 * A snapshot cannot hold native handles, and some built-in modules make them when they are loaded.
 * So a `node:*` import becomes an object whose members load the module when first used, unless the module is known to
 * be at home in a snapshot. A build that stops with "global handle not serialized" has met something new that makes a
 * handle at import (as in src/snapshot/lazySegmenter.ts): import less at a time to find it.
 */
import { build } from "esbuild"
import { spawnSync } from "node:child_process"
import * as fs from "node:fs"
import { createRequire, isBuiltin } from "node:module"
import * as path from "node:path"
import { parseArgs } from "node:util"
import { join, notesOf } from "./executable.mjs"
import { runnerOf } from "./foreign.mjs"
import { shrinkIcu } from "./icu.mjs"
import { keepInherited } from "./inherited.mjs"
import { writeLicences } from "./licences.mjs"
import { writePage } from "./man.mjs"
import { addonOf, here, nodeOf, spawnHelperOf } from "./platform.mjs"
import { checkAtStart } from "./startCheck.mjs"
import { removeLeft, root } from "./steps.mjs"

const dist = path.join(root, "dist")
const { platform, to } = parseArgs({
  options: { platform: { type: "string", default: here }, to: { type: "string", default: path.join(dist, "sesh") } }
}).values
const require = createRequire(import.meta.url)

/** Random numbers drawn while the snapshot is taken would come back in every process (src/snapshot/rehearsal.ts). */
const noRandomness = `
  if (!loaded && process.getBuiltinModule("node:v8").startupSnapshot.isBuildingSnapshot()) {
    throw new Error("node:crypto must not be used while the snapshot is taken")
  }`

/** Built-ins that are loaded in the snapshot: a listing would take milliseconds to load them. */
const HELD = new Set(["node:fs", "node:net", "node:os", "node:path", "node:tty"])

/** Packages that take memory as soon as they are loaded, for what is seldom done: the snapshot would hold it. */
const SELDOM = ["fastest-levenshtein"]

const lazyPackages = {
  name: "lazy-packages",
  setup({ onLoad, onResolve }) {
    onResolve(
      { filter: new RegExp(`^(${SELDOM.join("|")})$`) },
      ({ path: id }) => ({ path: require.resolve(id), namespace: "seldom" })
    )
    onLoad({ filter: /./, namespace: "seldom" }, ({ path: file }) => ({
      contents: Object.keys(require(file))
        .map((key) => `exports.${key} = (...args) => require(${JSON.stringify(file)}).${key}(...args)`).join("\n"),
      resolveDir: root
    }))
  }
}

/**
 * A CommonJS module that stands for a built-in. Its member names are known now, so `import * as`,
 * `import { x }` and default imports resolve without loading anything.
 */
const lazyBuiltin = (id) => {
  if (HELD.has(id)) return `module.exports = process.getBuiltinModule(${JSON.stringify(id)})`
  const builtin = require(id)
  const exports = typeof builtin === "function"
    ? `new Proxy(function() {}, {
        apply: (_, self, args) => Reflect.apply(load(), self, args),
        construct: (_, args, target) => Reflect.construct(load(), args, target),
        get: (_, key) => load()[key]
      })`
    : "{}"
  const guard = id === "node:crypto" ? noRandomness : ""
  return `
    let loaded
    const load = () => {
      ${guard}
      return loaded ??= process.getBuiltinModule(${JSON.stringify(id)})
    }
    module.exports = ${exports}
    for (const key of ${JSON.stringify(Object.keys(builtin))}) {
      Object.defineProperty(module.exports, key, { enumerable: true, configurable: true, get: () => load()[key] })
    }`
}

const lazyBuiltins = {
  name: "lazy-builtins",
  setup({ onLoad, onResolve }) {
    onResolve(
      { filter: /./ },
      ({ path: id }) =>
        isBuiltin(id) ? { path: id.startsWith("node:") ? id : `node:${id}`, namespace: "builtin" } : undefined
    )
    onLoad({ filter: /./, namespace: "builtin" }, ({ path: id }) => ({ contents: lazyBuiltin(id), loader: "js" }))
  }
}

/** ssh2 does without its compiled parts, and a file that some npm has built must not get in here. */
const withoutAddons = {
  name: "without-addons",
  setup({ onLoad, onResolve }) {
    onResolve(
      { filter: /sshcrypto\.node$|^cpu-features$/ },
      ({ path: id }) => ({ path: id, namespace: "absent" })
    )
    onLoad({ filter: /./, namespace: "absent" }, () => ({ contents: "throw new Error(\"not here\")" }))
  }
}

/** The files of which something is in the bundle. */
const bundled = ({ outputs }) =>
  Object.values(outputs).flatMap(({ inputs }) => Object.keys(inputs).filter((file) => inputs[file].bytesInOutput > 0))

/** `unless`: why it fails, where that can be said. */
const run = ([command, ...args], options, unless) => {
  const { error, signal, status, stderr, stdout } = spawnSync(command, args, { encoding: "utf8", ...options })
  if (status === 0) return
  if (unless !== undefined) console.error(unless)
  // An error from the bundle quotes the line it is in, and the whole program is one line.
  const said = `${stdout ?? ""}${stderr ?? ""}`.split("\n").map((line) => line.slice(0, 300)).join("\n")
  console.error(`${command} ${args.join(" ")}: ${error ?? signal ?? status}\n${said}`)
  process.exit(1)
}

const assets = () => {
  const helper = spawnHelperOf(platform)
  return { "pty.node": addonOf(platform), ...(fs.existsSync(helper) ? { "spawn-helper": helper } : {}) }
}

/** For who takes another version of Node. */
const READ = "docs/platforms.md says what of Node sesh builds upon, and how to find what has changed"

/** The changed Node of Linux, or the end of the build: a Node that is not known may not be changed by guessing. */
const changed = (change) => {
  try {
    return change()
  } catch ({ message }) {
    console.error(`no executable can be made of ${nodeOf(platform)}: ${message}; ${READ}`)
    process.exit(1)
  }
}

/** Calls a function of the C library. */
const FFI_PROBE = `
  const { functions } = process.getBuiltinModule("node:ffi").dlopen(null, { getpid: { return: "i32", arguments: [] } })
  process.exit(functions.getpid() === process.pid ? 0 : 1)`

/** With this one Node would not even start. */
const NODES_OWN = { NODE_REPL_EXTERNAL_MODULE: "none" }

/** What is left to do with the file that `--build-sea` has written, by operating system. */
const finish = {
  linux: (file) => {
    const whole = changed(() => {
      const node = checkAtStart(keepInherited(fs.readFileSync(nodeOf(platform))))
      return join(node, shrinkIcu(node), notesOf(fs.readFileSync(file)))
    })
    fs.writeFileSync(file, whole)
  },
  // The last change to the file: it has no signature any more, and macOS runs no arm64 code without one.
  darwin: (file) => run(["codesign", "--sign", "-", "--force", file])
}

fs.mkdirSync(dist, { recursive: true })
removeLeft(dist, ".build-")
// In dist, so that the last step is a rename on one file system.
const temp = fs.mkdtempSync(path.join(dist, ".build-"))
process.once("exit", () => fs.rmSync(temp, { recursive: true, force: true }))

const bundle = path.join(temp, "sesh.cjs")
const { metafile } = await build({
  absWorkingDir: root,
  entryPoints: ["src/snapshot/sea.ts"],
  outfile: bundle,
  bundle: true,
  minify: true,
  platform: "node",
  target: `node${process.versions.node}`,
  format: "cjs",
  define: { "import.meta.main": "false", "import.meta.url": "undefined" },
  plugins: [lazyBuiltins, lazyPackages, withoutAddons],
  metafile: true,
  logLevel: "error"
}).catch(() => {
  // esbuild has said it all.
  process.exit(1)
})

const output = path.join(temp, "sesh")
const config = path.join(temp, "sea.json")
fs.writeFileSync(
  config,
  JSON.stringify({
    main: path.basename(bundle),
    mainFormat: "commonjs",
    executable: nodeOf(platform),
    output: path.basename(output),
    disableExperimentalSEAWarning: true,
    useSnapshot: true,
    assets: assets(),
    // rsync sends SIGUSR1 to its transport when it fails, and Node would start its debugger.
    // Each thread counts where processes do (ulimit -u): V8 has four otherwise, and floods are as fast with one.
    // A daemon lives for months and makes little garbage that matters: a small nursery keeps its memory small, a third
    // less after a flood, and costs nothing that could be measured. Garbage may come to a third of what is alive: by
    // itself V8 lets three times as much lie where collecting is slow, such as in a flood on a busy machine.
    execArgv: ["--disable-sigusr1", "--v8-pool-size=1", "--max-semi-space-size=1", "--heap-growing-percent=30"],
    // A NODE_OPTIONS in the environment is meant for the user's own programs.
    execArgvExtension: "none"
  })
)
// Nothing of this machine should end up in the snapshot: no environment, names relative to here.
const runner = runnerOf(platform)
const isLinux = platform.startsWith("linux-")
if (isLinux) {
  run([...runner, nodeOf(platform), "-e", FFI_PROBE], { env: {} }, `this Node has no node:ffi as sesh uses it; ${READ}`)
}
// A snapshot can only be taken by the Node that starts from it.
run([...runner, nodeOf(platform), "--no-warnings", "--build-sea", path.basename(config)], { cwd: temp, env: {} })
finish[platform.split("-")[0]](output)
fs.chmodSync(output, 0o755)
// Some snapshots can be taken and not be started from.
run([...runner, output, "--version"], { env: {} })
if (isLinux) {
  run([...runner, output, "--version"], { env: NODES_OWN }, `Node's own variables are not out of its sight; ${READ}`)
}
writePage()
writeLicences(platform, bundled(metafile))
fs.renameSync(output, to)
