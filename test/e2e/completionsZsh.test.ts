import { brief, suite } from "../support/completionSuite.ts"
import { COMPINIT, ZSH } from "../support/shells.ts"

const LOAD = "source <(sesh --completions zsh)"

brief({ ...ZSH, name: "zsh that has read the script", load: [COMPINIT, LOAD] })

suite({
  ...ZSH,
  name: "zsh with a directory in fpath, and several rounds of matching",
  load: [
    "sesh --completions zsh > bin/_sesh; fpath=(~/bin $fpath)",
    COMPINIT,
    "zstyle ':completion:*' matcher-list '' 'm:{a-z}={A-Z}' 'r:|.=*'"
  ]
})

brief({
  ...ZSH,
  name: "zsh with unusual options",
  load: [COMPINIT, "setopt ksh_arrays sh_word_split no_unset glob_subst ksh_glob csh_null_glob err_return", LOAD]
})
