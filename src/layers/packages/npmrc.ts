/** What npm is configured for here, as far as it is about registries: read without npm, which need not be there. */
import * as Path from "node:path"
import { quietly } from "../system/quietly.ts"
import { readFileUpTo } from "../system/wholeFile.ts"

/** npm's own default. */
const DEFAULT_REGISTRY = "https://registry.npmjs.org/"

/** Bytes of a configuration file. */
const MAX_BYTES = 1_000_000

export interface NpmConfig {
  /** A setting, by its name in a file: `registry`, `@acme:registry`, `//host/:_authToken`. */
  readonly get: (name: string) => string | undefined
  /** One that is a path. */
  readonly path: (name: string) => string | undefined
}

type Env = Readonly<Record<string, string | undefined>>

/** As npm does: a variable that is not set stays as it is written, and `${NAME?}` is then empty. */
const expand = (text: string, env: Env): string =>
  text.replace(/\$\{([^}?]+)(\?)?\}/g, (whole, name: string, optional) => env[name] ?? (optional ? "" : whole))

/** What is in quotes; otherwise up to a comment, with `\;`, `\#` and `\\` as one character (npm's `ini`). */
const unquote = (text: string): string => {
  const [, double, single] = /^"(.*)"$|^'(.*)'$/.exec(text) ?? []
  const [bare = ""] = /^(?:\\.|[^;#])*/.exec(text) ?? []
  return double ?? single ?? bare.replace(/\\([\\;#])/g, "$1").trim()
}

/** Lines of `name = value`; comments begin with `;` or `#`. Sections and lists have nothing about registries. */
const parse = (text: string, env: Env): ReadonlyMap<string, string> =>
  new Map(
    text.split(/\r?\n/).flatMap((line) => {
      const [, name, value] = /^\s*([^\s;#[=][^=]*?)\s*=\s*(.*?)\s*$/.exec(line) ?? []
      return name === undefined ? [] : [[expand(name, env), expand(unquote(value!), env)] as const]
    })
  )

const read = (path: string | undefined, env: Env): ReadonlyMap<string, string> =>
  parse((path === undefined ? undefined : quietly(() => readFileUpTo(path, MAX_BYTES)))?.toString() ?? "", env)

/** What npm takes for no value. */
const UNSET = new Set(["", "null", "false", "undefined"])

/** Of a variable's name: `https_proxy` is `https-proxy`; those with an address or a scope stay as they are. */
const settingOf = (name: string): string => /^[@/]/.test(name) ? name : name.toLowerCase().replaceAll(/(?<=.)_/g, "-")

/**
 * In npm's order: the environment, the user's file, the one for everybody, which lies beside the npm on the PATH. A
 * project's file does not count: a deployment is about no project.
 */
export const readNpmConfig = (env: Env, home: string): NpmConfig => {
  const variables = new Map(
    Object.entries(env).flatMap(([name, value]) =>
      /^npm_config_/i.test(name) && value !== undefined && value !== ""
        ? [[settingOf(name.slice("npm_config_".length)), value] as const]
        : []
    )
  )
  const fromHome = (path: string | undefined) => path?.replace(/^~(?=\/)/, home)
  const user = read(fromHome(variables.get("userconfig")) ?? Path.join(home, ".npmrc"), env)
  const everybodys = [
    ...(variables.has("globalconfig") ? [fromHome(variables.get("globalconfig"))!] : []),
    ...(env["PATH"] ?? "").split(":").filter((dir) => Path.isAbsolute(dir))
      .filter((dir) => quietly(() => readFileUpTo(Path.join(dir, "npm"), MAX_BYTES)) !== undefined)
      .map((dir) => Path.join(dir, "../etc/npmrc"))
  ]
  const global = read(everybodys[0], env)
  const get = (name: string) => {
    const value = variables.get(name) ?? user.get(name) ?? global.get(name)
    return value === undefined || UNSET.has(value) ? undefined : value
  }
  return { get, path: (name) => fromHome(get(name)) }
}

/** Where a package comes from: its scope's registry, if it has one of its own. Ends with a slash. */
export const registryOf = (config: NpmConfig, name: string): string => {
  const [, scope] = /^(@[^/]+)\//.exec(name) ?? []
  const own = scope === undefined ? undefined : config.get(`${scope}:registry`)
  return (own ?? config.get("registry") ?? DEFAULT_REGISTRY).replace(/\/*$/, "/")
}

/**
 * The `Authorization` for an address, as npm looks it up (npm-registry-fetch, lib/auth.js): of the longest address
 * before it that has credentials, else those in it; else the registry's own on its host and port. Never of another.
 */
export const authorizationFor = (config: NpmConfig, address: string, registry: string): string | undefined =>
  credentialsFor(config, address) ??
    (new URL(address).host === new URL(registry).host ? credentialsFor(config, registry) : undefined)

const basicOf = (username: string, password: string): string =>
  `Basic ${Buffer.from(`${username}:${password}`).toString("base64")}`

/** Of the part of an address before `@`. */
const plainOf = (part: string): string => quietly(() => decodeURIComponent(part), part)

const credentialsFor = (config: NpmConfig, address: string): string | undefined => {
  const { host, password: ownPassword, pathname, username: ownName } = new URL(address)
  for (let path = pathname;; path = path.slice(0, path.lastIndexOf("/", path.length - 2) + 1)) {
    for (
      const key of path.endsWith("/")
        ? [`//${host}${path}`, `//${host}${path.slice(0, -1)}`]
        : [`//${host}${path}`]
    ) {
      const token = config.get(`${key}:_authToken`)
      if (token !== undefined) return `Bearer ${token}`
      const basic = config.get(`${key}:_auth`)
      if (basic !== undefined) return `Basic ${basic}`
      const [username, password] = [config.get(`${key}:username`), config.get(`${key}:_password`)]
      if (username !== undefined && password !== undefined) {
        return basicOf(username, Buffer.from(password, "base64").toString())
      }
    }
    if (path === "/" || path === "") break
  }
  return ownName === "" ? undefined : basicOf(plainOf(ownName), plainOf(ownPassword))
}
