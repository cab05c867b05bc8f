/** What the manual says beyond the help. Between backticks is what one types. */
import type { FormName, options } from "../commands/language/help.ts"

export const description: ReadonlyArray<string> = [
  "`sesh` keeps shells, and what runs in them, alive under a name. Create a session, walk away, come back from another terminal, and find everything running, and the screen as you left it.",
  "Each session is a process of its own with a terminal and a socket. It ends when its shell or command ends, or by `sesh --kill`, and outlasts whoever created it.",
  "A name has letters, digits, dots, dashes and underscores, 64 at the most, and does not begin with a dot or a dash. What is asked for is told by flags, so that any name can be a session's.",
  "`Ctrl-\\` detaches: the session goes on, and the terminal is as it was. The variable `SESH_DETACH_KEY` names another key. Several clients may be attached at once; the session has the size of the terminal that typed last."
]

/** What there is to say about each form, after the line of the help. */
export const details: Readonly<Record<FormName, ReadonlyArray<string>>> = {
  list: [
    "One a line: its name, how many clients are attached, its age, the directory it began in, and what runs in it now. With headings on a terminal, without them in a pipe.",
    "Hosts on which `sesh` has worked before are asked at the same time, for 5 seconds at the most. Their sessions are listed as `@<host> <name>`, which is what to type after `sesh`. One that does not answer is listed as it was when it did, marked as such, and says why: on a terminal between the lines, otherwise on standard error."
  ],
  open: [
    "A session that is not here is looked for on other hosts, unless `<dir>`, `-d` or a command is given; see ON OTHER HOSTS.",
    "If there is no session `<name>`, it is created in `<dir>`, or else in the current directory. It runs `$SHELL`, or `<command>`, with the environment of this `sesh`.",
    "When the session ends meanwhile, `sesh` exits with its status. What comes from a pipe is typed, and its end detaches. Attaching a session to itself, or to one that shows it, is refused."
  ],
  watch: ["Nothing is typed, and the session keeps its size. `Ctrl-C` and the detach key leave."],
  detach: ["The session goes on. Without `<name>` it is the one in which this is typed."],
  kill: [
    "The session's terminal is hung up, as if its window had been closed. What still runs 3 seconds later is killed. One session that cannot be ended keeps no other alive."
  ],
  exec: [
    "There must be no session `<name>` yet. As long as the command runs, any terminal may watch it, or attach to it. Its input is the session's terminal, not the standard input of `sesh`.",
    "`SIGINT`, `SIGTERM` and `SIGHUP` are passed on to the command, and what still runs 3 seconds later is killed; a second signal does not wait. If `sesh` itself is killed, the command goes on."
  ],
  history: [
    "What a person would copy: lines that were wrapped are whole again. It goes back as far as the session keeps lines, see `SESH_SCROLLBACK`."
  ],
  send: [
    "The words of `<text>` are typed with a space between them, each as it is. Everything after `<name>` is text, with dashes or without, but for `--enter` as the last word. Without any, standard input is typed up to its end."
  ],
  wait: ["A session that ended within the last hour counts as one that ends now."],
  host: [
    "`@<host>` goes before the name, before or after the flag. The host is what `ssh` calls one: a name from its configuration, an address, or `user@host`. There must be a `sesh` on it, in `~/.local/bin` or on the PATH. A new session starts in the home there, with a login shell; of the environment it gets what tells of the terminal and the language.",
    "Without `@<host>`, a session is first looked for here. If it is not here, `sesh <name>`, --watch, --detach, --kill, --history, --send and --wait ask all hosts on which `sesh` has worked before, all at once. A host that had the session when it answered last is waited for up to 5 seconds, any other 1.5 seconds; `Enter` or `Ctrl-C` ends the waiting. One that is found is used, and said. If there are several, you are asked which, or without a terminal are told what to type, and the exit status is 1. If there is none, `sesh <name>` creates it here.",
    "Passwords and passphrases are asked for where the host is named and a terminal is there, never in a listing or a search. Exit statuses are those of the session there; 255 when the connection is lost for good. Then `--wait` and `--exec` do not know how it ends: the command may still run."
  ],
  export: ["One a line, for `sesh --import`: name, directory, host and command, with tabs between them."],
  import: [
    "The list comes from `<file>`, or from standard input. Sessions that exist are left alone, and none is attached. Each line is answered with what was done, or with why it was skipped; if one was skipped, the exit status is 1."
  ],
  completions: [
    "`npm run setup` puts them where shells look for them. Otherwise add one of these to what your shell reads when it starts:",
    "bash: `eval \"$(sesh --completions bash)\"`",
    "zsh, after compinit: `source <(sesh --completions zsh)`",
    "fish: `sesh --completions fish | source`"
  ],
  deploy: [
    "To `~/.local/bin/sesh` on each `<host>`, which is a name from your ssh configuration or `user@host`. If npm is there and can get the package, it installs that; otherwise this very `sesh` is copied, where the platforms match. What is there is replaced when the new one is whole and has run there, and sessions that run go on. A version that is not older is left alone."
  ],
  upgrade: [
    "As `--deploy`, for every host on which `sesh` has worked, several at a time. A line for each, then a summary; if one failed, the exit status is 1. Nothing is asked: a host that wants a password is a failure."
  ],
  help: [],
  version: []
}

/** What there is to say about options, after the line of the help. */
export const optionDetails: Readonly<Record<keyof typeof options, string>> = {
  json:
    "An object with the fields `version`, now 1, and `sessions`, and `hosts` where other hosts are known: for each its `host`, the `sessions` it had `at` a time, and the `problem` if it does not answer now. Fields may be added: ignore what you do not know.",
  noAttach: "If the session is there already, that is as well.",
  print:
    "To standard output, as the command wrote it. If it was more than the session keeps, the beginning is missing, and `sesh` says so on standard error.",
  keep:
    "Its output stays on the screen, and a shell goes on in the same directory and environment. `sesh` itself exits at once with the command's status.",
  dir: "Otherwise it runs in the current directory.",
  ansi: "Each line as SGR sequences for itself.",
  enter: "Without text, and without standard input, nothing but that key is pressed."
}

/** What the program uses beyond the variables of the help. */
export const moreEnvironment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SHELL", "what a session runs without a command"],
  [
    "SSH_AUTH_SOCK",
    "set in a session: a path that always leads to the `ssh-agent` of the client that attached last"
  ],
  ["XDG_STATE_HOME", "where logs are kept, `~/.local/state` by default"]
]

export const files: ReadonlyArray<readonly [path: string, meaning: string]> = [
  ["~/.sesh/", "The sessions, or what `SESH_DIR` names. It must belong to you, and nobody else may write to it."],
  ["~/.sesh/<name>.sock", "The socket of a session. A session is alive if it answers there."],
  ["~/.sesh/<name>.json", "What a listing says of a session that does not answer."],
  ["~/.sesh/<name>.ended", "How the last session of that name ended, for `sesh --wait`; kept for an hour."],
  ["~/.sesh/<name>.agent", "A link to the `ssh-agent` of the client that attached last."],
  ["~/.local/state/sesh/remotes/<host>.json", "What a host said of its sessions when it was asked last."],
  ["~/.local/state/sesh/log/<name>.log", "What a session's process has to complain about."]
]

export const examples: ReadonlyArray<readonly [explanation: string, code: string]> = [
  ["Work in a session, leave it with `Ctrl-\\`, and come back:", "sesh dev ~/project\nsesh dev"],
  [
    "A server that runs on by itself, without anybody attached, and a look at it:",
    "sesh web ~/site -d -- npm start\nsesh --watch web"
  ],
  [
    "A step of a CI job. It fails as `make` fails, its output is in the job's log, and as long as it runs, `sesh --watch` shows it on the machine that builds:",
    "sesh --exec \"build-$CI_JOB_ID\" --print -- make test"
  ],
  [
    "Press the keys of a person, wait for the end, keep what was shown:",
    "sesh --send dev make test --enter\nsesh --history dev > test.log\nsesh --send dev exit --enter\nsesh --wait dev"
  ],
  [
    "Work on another host, and come back to it from here, without saying where it is:",
    "sesh @web api ~/api\nsesh api\nsesh --send api make test --enter\nsesh --kill api"
  ],
  ["The same sessions after the next start of the machine:", "sesh --export > sessions\nsesh --import sessions"]
]
