/**
 * `<name>.ended`: how sessions ended, for a while. Anything may lie in the directory: only what looks like ours counts.
 */
import * as Option from "effect/Option"
import * as Schema from "effect/Schema"
import * as Fs from "node:fs"
import * as Path from "node:path"
import { Ended, EndedOutput, isFresh, REMEMBERED_MS } from "../../schema/Session.ts"
import { parseSessionName, type SessionName } from "../../schema/SessionName.ts"
import { quietly } from "../system/quietly.ts"
import { readSmallFile } from "../system/wholeFile.ts"

/** Ten times what a record takes. */
const MAX_BYTES = 4096

/** A record, or the name under which one is made (SessionFilesDisk). */
const RECORD = /^(.+)\.ended(?:\.\d+)?$/

/** The output beside a record: a mebibyte in base64, and what is around it. */
const MAX_OUTPUT_BYTES = 2 * 1024 * 1024

const OUTPUT = /^(.+)\.ended-output(?:\.\d+)?$/

/** Whose output it is, and that. */
const OutputRecord = Schema.fromJsonString(Schema.Struct({ id: Schema.String, output: EndedOutput }))
const decodeOutput = Schema.decodeUnknownOption(OutputRecord)

/** Its path, of a record's. */
export const outputPath = (ended: string): string => `${ended}-output`

export const encodeOutput = (id: string, output: EndedOutput): string => `${JSON.stringify({ id, output })}\n`

const readAnyOutput = (path: string) =>
  quietly(() => decodeOutput(readSmallFile(path, MAX_OUTPUT_BYTES)), Option.none())

/** The output of that session; none if there is none, or another one's. */
export const readOutput = (path: string, id: string): Option.Option<EndedOutput> =>
  Option.map(Option.filter(readAnyOutput(path), (record) => record.id === id), ({ output }) => output)

const decode = Schema.decodeUnknownOption(Schema.fromJsonString(Ended))
const encode = Schema.encodeSync(Schema.fromJsonString(Ended))

/** Its one line. */
export const encodeEnded = (ended: Ended): string => `${encode(ended)}\n`

/** None if there is no valid record. */
export const readEnded = (path: string, name: SessionName): Option.Option<Ended> =>
  quietly(() => Option.filter(decode(readSmallFile(path, MAX_BYTES)), (ended) => ended.name === name), Option.none())

const removeStale = (path: string, entry: string, now: number): void => {
  const parsed = parseSessionName((RECORD.exec(entry) ?? OUTPUT.exec(entry))?.[1] ?? "")
  if (parsed._tag === "Failure") return
  // Another process may be faster.
  quietly(() => {
    // Looked into only when it is old: of a CI machine's thousands most are not.
    if (now - Fs.lstatSync(path).mtimeMs < REMEMBERED_MS) return
    if (OUTPUT.test(entry)) return Option.isSome(readAnyOutput(path)) ? Fs.unlinkSync(path) : undefined
    const ended = readEnded(path, parsed.success)
    if (Option.isSome(ended) && !isFresh(ended.value, now)) Fs.unlinkSync(path)
  })
}

/** Removes old records. Throws what `readdir` throws. */
export const sweepEnded = (dir: string, now: number): void => {
  for (const entry of Fs.readdirSync(dir)) {
    if (entry.includes(".ended")) removeStale(Path.join(dir, entry), entry, now)
  }
}
