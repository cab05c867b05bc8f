/**
 * Plans the start of a daemon so that it outlives the login. systemd's logind may kill what is left of a login when it
 * ends (logind.conf(5), KillUserProcesses), and stops a user's service manager after the last login (loginctl(1),
 * linger).
 *
 * On macOS none of this exists, and a daemon is started plainly: launchd kills what is left of a job's process group
 * (launchd.plist(5), AbandonProcessGroup), and a daemon has a session and a group of its own.
 */

/** The files of the system that this reads; a test has its own. */
export interface SystemFiles {
  /** A file's text; undefined when there is no such file. */
  readonly read: (path: string) => string | undefined
  readonly exists: (path: string) => boolean
  /** Names in a directory, in any order; empty when there is no such directory. */
  readonly list: (dir: string) => ReadonlyArray<string>
}

/** How to start a daemon. */
export interface StartPlan {
  /** Path of systemd-run, where the daemon needs a scope of its own, outside the login's. */
  readonly systemdRun?: string
  /** What the user should know, once in each login. */
  readonly warning?: string
  /** Which login this is. */
  readonly login?: string
}

/** In decreasing priority (logind.conf(5)). */
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
  const names = value.split(/\s+/).filter((word) => word !== "")
  if (key === "KillUserProcesses" && YES.test(value)) config.kill = true
  if (key === "KillUserProcesses" && NO.test(value)) config.kill = false
  if (key === "KillExcludeUsers") config.exclude = names.length === 0 ? [] : [...config.exclude ?? [], ...names]
  if (key === "KillOnlyUsers") config.only = names.length === 0 ? [] : [...config.only, ...names]
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

/** The compiled-in default: upstream kills, most distributions do not. It stands in a comment of the main file. */
const builtInDefault = (files: SystemFiles): boolean => {
  for (const dir of CONFIG_DIRS) {
    const [, value] = /^#KillUserProcesses=(\w+)/m.exec(files.read(`${dir}/logind.conf`) ?? "") ?? []
    if (value !== undefined) return YES.test(value)
  }
  return false
}

/** The main file, then the drop-ins of all directories by name; a name in `/etc` hides the same name elsewhere. */
const readConfig = (files: SystemFiles): LoginConfig => {
  const config: LoginConfig = { kill: builtInDefault(files), exclude: undefined, only: [] }
  const main = CONFIG_DIRS.map((dir) => files.read(`${dir}/logind.conf`)).find((text) => text !== undefined)
  readInto(config, main ?? "")
  const dropIns = new Map<string, string>()
  for (const dir of CONFIG_DIRS.map((dir) => `${dir}/logind.conf.d`).toReversed()) {
    for (const name of files.list(dir)) if (name.endsWith(".conf")) dropIns.set(name, `${dir}/${name}`)
  }
  for (const name of [...dropIns.keys()].toSorted()) readInto(config, files.read(dropIns.get(name)!) ?? "")
  return config
}

/** Whether logind kills the user's processes. It spares root unless the list of exceptions is set. */
const kills = ({ exclude, kill, only }: LoginConfig, user: string): boolean => {
  if ((exclude ?? ["root"]).includes(user)) return false
  return only.length > 0 ? only.includes(user) : kill
}

/** The control group of this process that systemd made: `/user.slice/user-1000.slice/session-2.scope`. */
const controlGroup = (files: SystemFiles): string =>
  (files.read("/proc/self/cgroup") ?? "").split("\n")
    .map((line) => /^\d+:(?:name=systemd)?:(.*)$/.exec(line)?.[1] ?? "")
    .find((path) => path.startsWith("/user.slice/")) ?? ""

/** Plans the start of a daemon that must outlive this login. Outside a systemd login, that is a plain start. */
export const planStart = (
  files: SystemFiles,
  account: { readonly user: string; readonly runtimeDir: string | undefined }
): StartPlan => {
  const group = controlGroup(files)
  const lingers = files.exists(`/var/lib/systemd/linger/${account.user}`)
  const login = `${(files.read("/proc/sys/kernel/random/boot_id") ?? "").trim()} ${group}`
  const warn = (when: string) => ({ login, warning: `this session will end when ${when}; ${ADVICE}` })

  if (/\/user@\d+\.service(?:\/|$)/.test(group)) return lingers ? {} : warn("you log out for the last time")
  if (!/\/session-[^/]+\.scope(?:\/|$)/.test(group) || !kills(readConfig(files), account.user)) return {}

  const { runtimeDir } = account
  const manager = runtimeDir !== undefined &&
    ["systemd/private", "bus"].some((at) => files.exists(`${runtimeDir}/${at}`))
  const systemdRun = SYSTEMD_RUN.find(files.exists)
  if (!manager || systemdRun === undefined) return warn("you log out")
  return { systemdRun, login, ...(lingers ? {} : warn("you log out for the last time")) }
}

/** The plan where a scope was planned and is not available. */
export const withoutScope = (plan: StartPlan): StartPlan => ({
  ...(plan.login === undefined ? {} : { login: plan.login }),
  warning: `this session will end when you log out; ${ADVICE}`
})
