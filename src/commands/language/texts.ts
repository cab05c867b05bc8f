/** The help beside the verbs. The manual page has it too. */

export const environment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SESH_DIR", "where sockets and state are, ~/.sesh by default"],
  ["SESH_DETACH_KEY", "the key that detaches: ^\\ (the default), ^a, ... or none"],
  ["SESH_EVENT_LOG", "a file to which what happens is appended, as lines of JSON"],
  ["SESH_NO_SYNC", "1: bring no files to a host"],
  [
    "SESH_SCROLLBACK",
    "lines of history that a new session keeps, 5000 by default, 100000 at the most; 0: raw bytes only"
  ],
  [
    "SESH_PRESERVE_ENV",
    "variables of your terminal's that a new session gets all the same, such as NVIM,KITTY_WINDOW_ID"
  ],
  ["SESH_SSH", "openssh, the ssh on the PATH, or ssh2, sesh's own; by default ssh if there is one"],
  ["SESH_NPM_PACKAGE", "the package that --deploy has npm install on a host, or fetches; sesh-sessions by default"],
  ["SESH_NPM_REGISTRY", "where that is from; npm's own configuration says by default"],
  [
    "SESH_EXECUTABLES",
    "a folder with packages of npm run pack, or with executables: what --deploy copies to other platforms"
  ],
  ["SESH_SESSION", "set in a session: its name"]
]

export const statuses: ReadonlyArray<readonly [status: string, meaning: string]> = [
  ["0", "done; detached"],
  ["1", "it did not work: no such session, host unreachable, ..."],
  ["2", "wrong usage"],
  ["125", "--exec: sesh itself failed"],
  ["126", "--exec: the command cannot be run"],
  ["127", "--exec: there is no such command"],
  ["255", "the session's process is gone, or the connection to its host is lost"],
  [
    "other",
    "the session ended while attached, or with --exec and --wait: the status of its shell or command, 128 + n for signal n"
  ]
]

export const about = "sesh keeps named shell sessions alive: create one, walk away, come back."

export const notes = [
  "A session that is not here is looked for on the hosts that sesh knows: those where it worked before.",
  "Ctrl-\\ detaches from a session, sesh <name> attaches again. A session runs $SHELL, or the command after --, in [dir] or here.",
  "A name has letters, digits, \".\", \"-\" and \"_\", 64 at the most."
]
