/** The text of the manual beside the help. Backticks mark what the user types. */
export const description: ReadonlyArray<string> = [
  "`sesh` keeps shells, and what runs in them, alive under a name. Create a session, walk away, come back from another terminal, and find everything running, and the screen as you left it.",
  "Each session is a process of its own with a terminal and a socket. It ends when its shell or command ends, or by `sesh --kill`, and outlasts whoever created it.",
  "A name has letters, digits, dots, dashes and underscores, 64 at the most, and does not begin with a dot or a dash. What is asked for is told by flags, so that any name can be a session's.",
  "`Ctrl-\\` detaches: the session goes on, and the terminal is as it was. The variable `SESH_DETACH_KEY` names another key. Several clients may be attached at once; the session has the size of the terminal that typed last."
]

/** Variables beside those of the help. */
export const moreEnvironment: ReadonlyArray<readonly [name: string, meaning: string]> = [
  ["SHELL", "what a session runs without a command; where it is not set, the shell of your account, or `/bin/sh`"],
  [
    "SSH_AUTH_SOCK",
    "set in a session if there was an agent when it was made: a path that always leads to the `ssh-agent` of the client that attached or typed last"
  ],
  [
    "TMUX, STY, ZELLIJ, KITTY_WINDOW_ID, WEZTERM_PANE, NVIM, VSCODE_IPC_HOOK_CLI, ...",
    "By these, other keepers of sessions, terminals and editors know their own windows. A session does not get them, as it outlives such a window and is shown in others. `SESH_PRESERVE_ENV` names those that you want there all the same."
  ],
  ["XDG_STATE_HOME", "where logs are kept, `~/.local/state` by default"]
]

export const files: ReadonlyArray<readonly [path: string, meaning: string]> = [
  ["~/.sesh/", "The sessions, or what `SESH_DIR` names. It must belong to you, and nobody else may write to it."],
  [
    "~/.sesh/<name>.sock",
    "The socket of a session. If somebody removes it, the session makes it again; `kill -USR1` asks its process to look."
  ],
  ["~/.sesh/<name>.json", "What a listing says of a session that does not answer, and on which machine it runs."],
  [
    "~/.sesh/<name>.ended",
    "How the last session of that name ended, for `sesh --wait`. After an hour, the next end of any session removes it."
  ],
  [
    "~/.sesh/<name>.ended-output",
    "What its command wrote, for a `sesh --exec --print` on another machine that may not have it yet; removed like that."
  ],
  ["~/.sesh/<name>.agent", "A link to the `ssh-agent` of the client that attached or typed last."],
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
