/**
 * Holds the table of rooms.mjs. Imports are resolved, so it does not matter how a path is written, nor
 * whether a module is imported, exported on, loaded later (`import()`) or only a type.
 */
import * as path from "node:path"
import { FAKES, ROOMS } from "./rooms.mjs"

const rooms = Object.keys(ROOMS)

/** `room` itself or something below it. */
const isWithin = (file, room) => file === room || file.startsWith(`${room}/`)

/** The most exact line of the table about a file of src. */
export const roomOf = (file) => rooms.filter((room) => isWithin(file, room)).toSorted((a, b) => b.length - a.length)[0]

/** The package that a specifier names: `effect/Effect` is `effect`, `@xterm/headless` is itself. */
const packageOf = (specifier) => specifier.split("/").slice(0, specifier.startsWith("@") ? 2 : 1).join("/")

/** `layers/*`: a layer, not one of its parts. */
const isLayer = (target) => isWithin(target, "layers") && !isWithin(target, FAKES) && /\/[A-Z]\w*\.ts$/.test(target)

const isFile = (name) => name.endsWith(".ts")

/** May the file, of that room, import the target (a file of src, a package, `node:` or `dlopen`)? */
const isAllowed = (file, room, target) => {
  // A folder's own files; a single file's line says all.
  if (!isFile(room) && isWithin(target, room) && roomOf(target) === room) return true
  return ROOMS[room].may.some((name) =>
    name === "layers/*"
      ? isLayer(target)
      // A line that names the layers does not mean the fakes.
      : isWithin(target, name) && (!isWithin(target, FAKES) || isWithin(name, FAKES) || room === "snapshot")
  )
}

export const imports = {
  meta: { type: "problem", docs: { description: "Who may import whom: scripts/lint/rooms.mjs." } },
  create(context) {
    const src = `${path.join(context.cwd, "src")}${path.sep}`
    const filename = context.filename
    if (!filename.startsWith(src)) return {}
    const file = path.relative(src, filename).replaceAll(path.sep, "/")
    const room = roomOf(file)
    const report = (node, what) =>
      context.report({
        node,
        message: room === undefined
          ? `src/${file} has no line in scripts/lint/rooms.mjs.`
          : `src/${room} may not use ${what}: it may use ${ROOMS[room].may.join(", ")} (scripts/lint/rooms.mjs).`
      })
    const check = (node, target, what = target) => {
      if (room === undefined || !isAllowed(file, room, target)) report(node, what)
    }
    const checkSource = (node) => {
      if (node === null || node === undefined) return
      const specifier = node.type === "TSLiteralType" ? node.literal.value : node.value
      if (typeof specifier !== "string") return report(node, "a module whose name is computed")
      if (!specifier.startsWith(".")) {
        return check(node, specifier.startsWith("node:") ? "node:" : packageOf(specifier), specifier)
      }
      const target = path.join(path.dirname(filename), specifier)
      if (!target.startsWith(src)) return report(node, `what is outside of src (${specifier})`)
      check(node, path.relative(src, target).replaceAll(path.sep, "/"))
    }
    const fromSource = (node) => checkSource(node.source)
    return {
      ImportDeclaration: fromSource,
      ImportExpression: fromSource,
      ExportNamedDeclaration: fromSource,
      ExportAllDeclaration: fromSource,
      TSImportType: (node) => checkSource(node.source ?? node.argument),
      TSImportEqualsDeclaration: (node) => report(node, "import ="),
      MemberExpression: (node) => {
        if (node.object.type !== "Identifier" || node.object.name !== "process") return
        check(node, "node:", "process")
        if (node.property.name === "dlopen" || node.property.value === "dlopen") check(node, "dlopen", "process.dlopen")
      }
    }
  }
}
