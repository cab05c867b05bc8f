/** The right form of each request, as usage errors and the help show it. */
export const forms = {
  list: "sesh [--json]",
  open: "sesh <name> [dir] [-d] [-- <command> [args...]]",
  watch: "sesh --watch <name>",
  detach: "sesh --detach [name]",
  kill: "sesh --kill <name>...",
  help: "sesh --help",
  version: "sesh --version"
} as const

const explained: ReadonlyArray<readonly [form: string, meaning: string]> = [
  [forms.list, "list sessions"],
  [forms.open, "create a session, or attach to it; -d: create only"],
  [forms.watch, "attach read-only"],
  [forms.detach, "detach the clients of a session (this one by default)"],
  [forms.kill, "end sessions and what runs in them"],
  [forms.help, "show this (-h)"],
  [forms.version, "print the version (-V)"]
]

const width = Math.max(...explained.map(([form]) => form.length))

/** What `sesh --help` prints. */
export const help = `sesh keeps named shell sessions alive: create one, walk away, come back.

${explained.map(([form, meaning]) => `  ${form.padEnd(width)}  ${meaning}`).join("\n")}

Detach from a session with Ctrl-\\ and attach again with sesh <name>.
A name has letters, digits, ".", "-" and "_", 64 at the most; a session runs $SHELL in [dir], or <command>.

Environment
  SESH_DIR         where sockets and state are (~/.sesh)
  SESH_DETACH_KEY  the key that detaches: ^\\ (the default), ^a, ... or none
  SESH_SCROLLBACK  lines of history kept (5000); 0: raw bytes only, no model of the screen
  SESH_SESSION     set in a session: its name

Exit status
  0    done; detached
  1    it did not work: no such session, ...
  2    wrong usage
  255  the session's process is gone
  When a session ends while attached: the status of its shell or command, 128 + n for signal n.`
