import type { Completing } from "./completing.ts"

/** A shell that completes, but for how it was told to. */
export type Shell = Omit<Completing, "name" | "load">

export const BASH: Shell = {
  command: "bash --norc --noprofile",
  needs: ["bash"],
  tabsToList: 2,
  knowsCommands: false
}

/** The package bash-completion. */
export const BASH_COMPLETION = "/usr/share/bash-completion/bash_completion"

export const ZSH: Shell = { command: "zsh -f", needs: ["zsh"], tabsToList: 1, knowsCommands: true }

/** Without a file of what it has found, in which another shell would find it too. */
export const COMPINIT = "PS1='$ '; autoload -Uz compinit; compinit -D"

export const FISH: Shell = {
  command: "fish",
  files: {
    ".config/fish/config.fish":
      "set -g fish_greeting\nset -g fish_autosuggestion_enabled 0\nfunction fish_prompt\n  echo -n '$ '\nend\n"
  },
  needs: ["fish"],
  tabsToList: 1,
  knowsCommands: true,
  withoutSesh: "set PATH /usr/bin /bin"
}
