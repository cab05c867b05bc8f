import { type Offers, SHELLS } from "./words.ts"

const either = (patterns: ReadonlyArray<string>): string => patterns.join(" | ")

const lines = (indent: number, all: ReadonlyArray<string>): string => all.join(`\n${" ".repeat(indent)}`)

/** The script for bash. It expands no array that may be empty: to bash 3.2 and 4.3 that is an unset variable. */
export const bash = (
  { dashWords, directoryFlag, hostPatterns, impliedBy, patternsOf, textPatterns, wordsOf }: Offers
): string =>
  `# Completion of sesh for bash 3.2 and newer, with or without the package bash-completion.
# In this shell: eval "$(sesh --completions bash)"

# Offers what begins as the word that is typed, and is not on the line yet. Of such a word bash wants the last part.
_sesh_offer() {
  local offer
  for offer; do
    if [[ $offer == "$cur"* && $typed != *" $offer "* ]]; then COMPREPLY+=("\${offer#"$before"}"); fi
  done
}

# Offers what sesh lists, of a host if one is given; nothing when there is no sesh, or when it does not know the flag.
_sesh_ask() {
  local line
  type -P sesh >/dev/null || return 0
  while IFS= read -r line; do
    # Goes to the command line as it is.
    if [[ -n $line && $line != *[!A-Za-z0-9@._:%+-]* ]]; then _sesh_offer "$2$line"; fi
  done <<< "$(command sesh "$1" \${3:+"$3"} </dev/null)"
}

# Leaves files to readline, which knows of quotes and of "~". Before bash 4 it does that by itself.
_sesh_files() {
  if ((BASH_VERSINFO[0] >= 4)); then compopt -o "$1"; fi
}

_sesh_command() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif (($1 == COMP_CWORD)) && [[ $part != */* ]]; then
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done <<< "$(compgen -c -- "$part")"
  else
    _sesh_files default
  fi
}

# A host may be next.
_sesh_host_fits() {
  case $verb:$operands in ${either(hostPatterns)}) ;; *) return 1 ;; esac
}

_sesh_dashes() {
  case $verb:$operands in
    ${
    lines(
      4,
      dashWords.map(([pattern, words]) => `${pattern}) _sesh_offer ${words.map(({ word }) => word).join(" ")} ;;`)
    )
  }
  esac
}

_sesh_words() {
  local line=\${COMP_LINE:0:COMP_POINT} cur before= part=$2 typed=" " verb= host= value= operands=0 last=-1 i word IFS=$' \\t\\n'
  local -a words at
  words=() at=()
  # bash cuts words at "@", "=" and ":" too: together again, and where each begins.
  for ((i = 0; i <= COMP_CWORD; i++)); do
    if ((i == 0)) || [[ $line == [[:space:]]* ]]; then
      line=\${line#"\${line%%[![:space:]]*}"}
      last=$((last + 1))
      words[last]= at[last]=$i
    fi
    word=$line
    if ((i < COMP_CWORD)); then word=\${COMP_WORDS[i]}; fi
    words[last]=\${words[last]}$word
    line=\${line#"$word"}
  done
  cur=\${words[last]}
  if [[ $cur == [\\"\\']* ]]; then cur=$part; fi
  if [[ $cur == *"$part" ]]; then before=\${cur%"$part"}; fi
  for ((i = 1; i < last; i++)); do
    word=\${words[i]} typed="$typed\${words[i]} "
    if [[ -n $value ]]; then
      value=
      continue
    fi
    case $verb:$operands in
      ${lines(6, textPatterns.before.map((pattern) => `${pattern}) ;;`))}
      ${either(textPatterns.text)}) operands=$((operands + 1)); continue ;;
    esac
    case $word in
      --)
        _sesh_command "\${at[i + 1]}"
        return
        ;;
      ${directoryFlag}) value=1 ;;
      ${lines(6, wordsOf.map(({ verb, words }) => `${either(words)}) verb=${verb} ;;`))}
      ${lines(6, impliedBy.map(({ verb, word }) => `${word}) verb=\${verb:-${verb}} ;;`))}
      -*) ;;
      @*) if [[ -z $host ]] && _sesh_host_fits; then host=$word; else operands=$((operands + 1)); fi ;;
      *) operands=$((operands + 1)) ;;
    esac
  done
  if [[ -n $value ]]; then
    if [[ -z $host ]]; then _sesh_files dirnames; fi
    return
  fi
  if [[ $cur == -* ]]; then _sesh_dashes
  elif [[ -z $host && $cur == @* ]] && _sesh_host_fits; then _sesh_ask --hosts @
  else
    case $verb:$operands in
      ${either(patternsOf("session"))}) _sesh_ask --names "" "$host" ;;
      ${either(patternsOf("directory"))}) if [[ -z $host ]]; then _sesh_files dirnames; fi ;;
      ${either(patternsOf("file"))}) _sesh_files default ;;
      ${either(patternsOf("host"))}) _sesh_ask --hosts @ ;;
      ${either(patternsOf("shell"))}) _sesh_offer ${SHELLS.join(" ")} ;;
      ${either([...patternsOf("new name"), ...textPatterns.text])}) ;;
      *) _sesh_dashes ;;
    esac
  fi
}

# Says nothing whatever happens, and cannot end a shell that is set to end at errors.
_sesh() {
  COMPREPLY=()
  _sesh_words "$@" 2>/dev/null || :
}

if ((BASH_VERSINFO[0] < 4)); then complete -o default -F _sesh sesh; else complete -F _sesh sesh; fi`
