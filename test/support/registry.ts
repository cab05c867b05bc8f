/**
 * An npm registry on the loopback: as much of it as `npm view` and `npm install` ask. Of our own, as verdaccio brings
 * some two hundred packages for the two answers that are needed.
 */
import { createHash } from "node:crypto"
import * as fs from "node:fs"
import * as http from "node:http"
import type { AddressInfo } from "node:net"
import * as path from "node:path"
import { gzipSync } from "node:zlib"

export interface Registry {
  readonly url: string
  /** What was asked for, in order. */
  readonly asked: ReadonlyArray<string>
  readonly add: (manifest: Manifest, tarball: Buffer) => void
  /** From now on other bytes come than those that it has the hash of. */
  readonly spoil: (name: string) => void
  /** From now on its archive does not come to an end. */
  readonly stall: (name: string) => void
  /** From now on it wants this `Authorization`, and says 401 otherwise. */
  readonly lock: (authorization: string) => void
  readonly stop: () => Promise<void>
}

export interface Manifest {
  readonly name: string
  readonly version: string
  readonly [key: string]: unknown
}

const BLOCK = 512

/** A file in a tar archive of the old kind (ustar), which has room for names of 100 bytes. */
const entry = (name: string, bytes: Buffer, mode: number): Buffer => {
  const header = Buffer.alloc(BLOCK)
  const octal = (value: number, at: number, width: number) =>
    header.write(`${value.toString(8).padStart(width - 1, "0")}\0`, at)
  header.write(name, 0)
  octal(mode, 100, 8)
  octal(0, 108, 8)
  octal(0, 116, 8)
  octal(bytes.length, 124, 12)
  octal(0, 136, 12)
  header.write("        ", 148)
  header.write("0", 156)
  header.write("ustar\u000000", 257)
  octal(header.reduce((sum, byte) => sum + byte, 0), 148, 7)
  return Buffer.concat([header, bytes, Buffer.alloc((BLOCK - bytes.length % BLOCK) % BLOCK)])
}

/** A package's archive: its manifest and executable files. */
export const tarball = (manifest: Manifest, files: Readonly<Record<string, string | Buffer>>): Buffer =>
  gzipSync(Buffer.concat([
    entry("package/package.json", Buffer.from(JSON.stringify(manifest)), 0o644),
    ...Object.entries(files).map(([name, content]) => entry(`package/${name}`, Buffer.from(content as string), 0o755)),
    Buffer.alloc(2 * BLOCK)
  ]))

/** Of packages made by `npm run pack`, what is in the archive's `package.json`. */
export const manifestIn = (archive: Buffer): Manifest => {
  for (let at = 0; at < archive.length;) {
    const name = archive.subarray(at, at + 100).toString().split("\0")[0]!
    const size = Number.parseInt(archive.subarray(at + 124, at + 136).toString(), 8)
    if (name === "package/package.json") return JSON.parse(archive.subarray(at + BLOCK, at + BLOCK + size).toString())
    at += BLOCK + Math.ceil(size / BLOCK) * BLOCK
  }
  throw new Error("no package.json in it")
}

export const startRegistry = async (): Promise<Registry> => {
  const packages = new Map<string, { readonly manifest: Manifest; readonly tarball: Buffer }>()
  const asked: Array<string> = []
  const spoilt = new Set<string>()
  const stalled = new Set<string>()
  let authorization: string | undefined
  const server = http.createServer((request, response) => {
    const url = decodeURIComponent(request.url ?? "").slice(1)
    asked.push(url)
    const found = packages.get(url.replace(/\/-\/.*$/, ""))
    if (authorization !== undefined && request.headers.authorization !== authorization) {
      response.writeHead(401, { "content-type": "application/json" }).end("{}")
    } else if (found === undefined) {
      response.writeHead(404, { "content-type": "application/json" }).end(JSON.stringify({ error: "Not found" }))
    } else if (url.includes("/-/") && stalled.has(found.manifest.name)) {
      response.writeHead(200, { "content-length": found.tarball.length }).write(found.tarball.subarray(0, 1000))
    } else if (url.includes("/-/")) {
      response.writeHead(200, { "content-length": found.tarball.length }).end(
        spoilt.has(found.manifest.name) ? Buffer.from(found.tarball).fill(0, found.tarball.length - 100) : found.tarball
      )
    } else {
      const { name, version } = found.manifest
      const dist = {
        tarball: `http://${request.headers.host}/${name}/-/${path.basename(name)}-${version}.tgz`,
        integrity: `sha512-${createHash("sha512").update(found.tarball).digest("base64")}`
      }
      const text = JSON.stringify({
        name,
        "dist-tags": { latest: version },
        versions: { [version]: { ...found.manifest, dist } }
      })
      response.writeHead(200, { "content-type": "application/json" }).end(text)
    }
  })
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
    asked,
    add: (manifest, bytes) => void packages.set(manifest.name, { manifest, tarball: bytes }),
    spoil: (name) => void spoilt.add(name),
    stall: (name) => void stalled.add(name),
    lock: (wanted) => void (authorization = wanted),
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections()
        server.close(() => resolve())
      })
  }
}

/** Adds what was packed into a folder. */
export const addPacked = (registry: Registry, file: string, unpack: (bytes: Buffer) => Buffer): void => {
  const bytes = fs.readFileSync(file)
  registry.add(manifestIn(unpack(bytes)), bytes)
}
