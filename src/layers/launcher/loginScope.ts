/**
 * Will what we start outlive the login? systemd's logind may kill what is left of a login when it ends
 * (logind.conf(5), KillUserProcesses), and stops a user's service manager after the last one (loginctl(1), linger).
 */

/** What this reads of the system; a test brings its own. */
export interface SystemFiles {
  /** A file's text; undefined when there is none. */
  readonly read: (path: string) => string | undefined
  readonly exists: (path: string) => boolean
  /** Names in a directory, in any order; none when there is no directory. */
  readonly list: (dir: string) => ReadonlyArray<string>
}

/** How to start something that is to stay. */
export interface StartPlan {
  /** Path of systemd-run, when it has to be started in a scope of its own, outside the login's. */
  readonly systemdRun?: string
  /** What the user should know, once in each login. */
  readonly warning?: string
  /** Which login this is. */
  readonly login?: string
}

/** Of decreasing priority (logind.conf(5)). */
const CONFIG_DIRS = ["/etc/systemd", "/run/systemd", "/usr/local/lib/systemd", "/usr/lib/systemd", "/lib/systemd"]

const SYSTEMD_RUN = ["/usr/bin/systemd-run", "/bin/systemd-run"]

const ADVICE = "to keep it, run: loginctl enable-linger"

interface LoginConfig {
  kill: boolean
  exclude: ReadonlyArray<string> | undefined
  only: ReadonlyArray<string>
}

const YES = /^(?:1|yes|y|true|t|on)$/i
const NO = /^(?:0|no|n|false|f|off)$/i

const assign = (config: LoginConfig, key: string, value: string): void => {
  const words = value.split(/\s+/).filter((word) => word !== "")
  if (key === "KillUserProcesses" && YES.test(value)) config.kill = true
  if (key === "KillUserProcesses" && NO.test(value)) config.kill = false
  if (key === "KillExcludeUsers") config.exclude = words.length === 0 ? [] : [...config.exclude ?? [], ...words]
  if (key === "KillOnlyUsers") config.only = words.length === 0 ? [] : [...config.only, ...words]
}

const readInto = (config: LoginConfig, text: string): void => {
  let section = ""
  for (const line of text.split("\n").map((line) => line.trim())) {
    const [, name] = /^\[(.*)\]$/.exec(line) ?? []
    if (name !== undefined) section = name
    const [, key, value] = /^(\w+)\s*=\s*(.*)$/.exec(line) ?? []
    if (section === "Login" && key !== undefined && value !== undefined) assign(config, key, value)
  }
}

/** The default is compiled in, and differs: upstream kills, most distributions do not. Theirs is in a comment. */
const builtIn = (files: SystemFiles): boolean => {
  for (const dir of CONFIG_DIRS) {
    const [, value] = /^#KillUserProcesses=(\w+)/m.exec(files.read(`${dir}/logind.conf`) ?? "") ?? []
    if (value !== undefined) return YES.test(value)
  }
  return false
}

/** The main file, then the drop-ins of all directories by their names, where a name in `/etc` hides the others. */
const readConfig = (files: SystemFiles): LoginConfig => {
  const config: LoginConfig = { kill: builtIn(files), exclude: undefined, only: [] }
  const main = CONFIG_DIRS.map((dir) => files.read(`${dir}/logind.conf`)).find((text) => text !== undefined)
  readInto(config, main ?? "")
  const dropIns = new Map<string, string>()
  for (const dir of CONFIG_DIRS.map((dir) => `${dir}/logind.conf.d`).toReversed()) {
    for (const name of files.list(dir)) if (name.endsWith(".conf")) dropIns.set(name, `${dir}/${name}`)
  }
  for (const name of [...dropIns.keys()].toSorted()) readInto(config, files.read(dropIns.get(name)!) ?? "")
  return config
}

/** As logind decides it; root is left alone unless the list of exceptions says otherwise. */
const kills = ({ exclude, kill, only }: LoginConfig, user: string): boolean => {
  if ((exclude ?? ["root"]).includes(user)) return false
  return only.length > 0 ? only.includes(user) : kill
}

/** Of the control groups of this process, those that systemd made: `/user.slice/user-1000.slice/session-2.scope`. */
const controlGroup = (files: SystemFiles): string =>
  (files.read("/proc/self/cgroup") ?? "").split("\n")
    .map((line) => /^\d+:(?:name=systemd)?:(.*)$/.exec(line)?.[1] ?? "")
    .find((path) => path.startsWith("/user.slice/")) ?? ""

/** Plans the start of a daemon that is to outlive this login. Anywhere but in a systemd login that is a plain start. */
export const planStart = (
  files: SystemFiles,
  who: { readonly user: string; readonly runtimeDir: string | undefined }
): StartPlan => {
  const group = controlGroup(files)
  const lingers = files.exists(`/var/lib/systemd/linger/${who.user}`)
  const login = `${(files.read("/proc/sys/kernel/random/boot_id") ?? "").trim()} ${group}`
  const warn = (when: string) => ({ login, warning: `this session will end when ${when}; ${ADVICE}` })

  if (/\/user@\d+\.service(?:\/|$)/.test(group)) return lingers ? {} : warn("you log out for the last time")
  if (!/\/session-[^/]+\.scope(?:\/|$)/.test(group) || !kills(readConfig(files), who.user)) return {}

  const { runtimeDir } = who
  const manager = runtimeDir !== undefined &&
    ["systemd/private", "bus"].some((at) => files.exists(`${runtimeDir}/${at}`))
  const systemdRun = SYSTEMD_RUN.find(files.exists)
  if (!manager || systemdRun === undefined) return warn("you log out")
  return { systemdRun, login, ...(lingers ? {} : warn("you log out for the last time")) }
}

/** What to say when a scope was planned and could not be had. */
export const withoutScope = (plan: StartPlan): StartPlan => ({
  ...(plan.login === undefined ? {} : { login: plan.login }),
  warning: `this session will end when you log out; ${ADVICE}`
})
