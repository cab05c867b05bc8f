/**
 * Draws the map of src from its imports: the rooms by floor, and who imports whom. `docs/architecture.md` holds the
 * drawing between two marks.
 *   node scripts/architecture.mjs            fails if the drawing there is not what the sources say
 *   node scripts/architecture.mjs --write    replaces it
 *   node scripts/architecture.mjs --figures  prints rooms, arrows, circles, and each room's files and lines
 */
import * as fs from "node:fs"
import * as path from "node:path"
import { roomOf } from "./lint/imports.mjs"
import { ROOMS } from "./lint/rooms.mjs"
import { root } from "./steps.mjs"

const src = path.join(root, "src")
const page = path.join(root, "docs", "architecture.md")
const [begin, end] = ["<!-- drawn by scripts/architecture.mjs -->", "<!-- end of the drawing -->"]

const IMPORT = /(?:\bfrom\s+|\bimport\s+|\bimport\(\s*)"(\.[^"]+)"/g

/** A line of the table about a single file belongs to the folder; programs stand for themselves. */
const placeOf = (file) => {
  const room = roomOf(file)
  return room.endsWith(".ts") && room.includes("/") ? path.posix.dirname(room) : room
}

const files = fs.readdirSync(src, { recursive: true })
  .map((name) => name.replaceAll(path.sep, "/"))
  .filter((name) => name.endsWith(".ts"))
  .toSorted()

/** Each room with its files and lines, and the rooms that it imports with how often. */
const survey = () => {
  const rooms = new Map()
  const place = (name) => {
    if (!rooms.has(name)) rooms.set(name, { files: 0, lines: 0, uses: new Map() })
    return rooms.get(name)
  }
  for (const file of files) {
    const text = fs.readFileSync(path.join(src, file), "utf8")
    const room = place(placeOf(file))
    room.files++
    room.lines += text.split("\n").length - 1
    for (const [, specifier] of text.matchAll(IMPORT)) {
      const target = placeOf(path.posix.join(path.posix.dirname(file), specifier))
      if (target !== placeOf(file)) room.uses.set(target, (room.uses.get(target) ?? 0) + 1)
    }
  }
  return rooms
}

/** Rooms that cannot be put on a floor because they need each other, or one that does. */
const floorsOf = (rooms) => {
  const floors = []
  const left = new Set(rooms.keys())
  while (left.size > 0) {
    const floor = [...left].filter((name) => [...rooms.get(name).uses.keys()].every((used) => !left.has(used)))
    if (floor.length === 0) break
    for (const name of floor) left.delete(name)
    floors.push(floor.toSorted())
  }
  return { floors, circle: [...left] }
}

/** Everybody may use these; they would be in every line. */
const GROUND = new Set(["schema", "schema/protocol", "services"])

/** These put layers together, and import most rooms: their lines would hide the others. */
const COMPOSES = new Set(["main.ts", "daemon.ts", "snapshot"])

const usesOf = (rooms, name) => {
  const uses = [...rooms.get(name).uses.keys()].filter((used) => !GROUND.has(used)).toSorted()
  return COMPOSES.has(name) ? "the layers it composes" : uses.join(", ")
}

const draw = (rooms, floors) => {
  const width = Math.max(...[...rooms.keys()].map((name) => name.length))
  const drawn = floors.map((floor, at) =>
    floor.map((name, first) => {
      const uses = usesOf(rooms, name)
      const room = uses === "" ? name : `${name.padEnd(width)} → ${uses}`
      return `${first === 0 ? String(at).padStart(2) : "  "}  ${room}`
    }).join("\n")
  )
  return [
    "A room imports from the floors below its own, never from its own floor or one above. All of them may use `schema` and",
    "`services`, which are left out to the right of the arrows.",
    "",
    "```",
    drawn.toReversed().join("\n\n"),
    "```",
    "",
    "| room of `src` | what lives there |",
    "|---|---|",
    ...Object.entries(ROOMS).flatMap(([name, { is }]) => is === undefined ? [] : `| \`${name}\` | ${is} |`)
  ].join("\n")
}

const figures = (rooms, circle) => {
  const total = [...rooms.values()].reduce((sum, { lines }) => sum + lines, 0)
  const arrows = [...rooms.values()].reduce((sum, { uses }) => sum + uses.size, 0)
  console.log(
    `${rooms.size} rooms, ${arrows} arrows, ${circle.length} rooms in circles, ${files.length} files, ${total} lines`
  )
  for (const [name, { files: count, lines, uses }] of [...rooms].toSorted(([, a], [, b]) => b.lines - a.lines)) {
    const share = `${(lines / total * 100).toFixed(1)} %`
    console.log(
      `${name.padEnd(22)} ${String(count).padStart(3)} files ${String(lines).padStart(5)} lines ${
        share.padStart(6)
      }  → ${[...uses.keys()].toSorted().join(", ")}`
    )
  }
}

const rooms = survey()
const { circle, floors } = floorsOf(rooms)
if (process.argv.includes("--figures")) {
  figures(rooms, circle)
} else if (circle.length > 0) {
  console.error(`these rooms import each other in a circle, or something that does: ${circle.join(", ")}`)
  process.exitCode = 1
} else {
  const text = fs.readFileSync(page, "utf8")
  const [before, rest] = text.split(begin)
  const after = rest.split(end)[1]
  const drawn = `${before}${begin}\n${draw(rooms, floors)}\n${end}${after}`
  if (process.argv.includes("--write")) fs.writeFileSync(page, drawn)
  else if (drawn !== text) {
    console.error("docs/architecture.md does not show the imports as they are: node scripts/architecture.mjs --write")
    process.exitCode = 1
  }
}
