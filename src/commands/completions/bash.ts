import { type Completed, type Offers, SHELLS } from "./words.ts"

const either = (patterns: ReadonlyArray<string>): string => patterns.join(" | ")

const lines = (indent: number, all: ReadonlyArray<string>): string => all.join(`\n${" ".repeat(indent)}`)

/** The script for bash. It expands no array that may be empty: to bash 3.2 and 4.3 that is an unset variable. */
export const bash = (
  { dashWords, directoryFlag, hostPatterns, impliedBy, patternsOf, textPatterns, wordsOf }: Offers,
  { command, prefix }: Completed
): string =>
  `# Completion of sesh for bash 3.2 and newer, with or without the package bash-completion.
# In this shell: eval "$(${command} --completions bash)"

# Offers what begins as the word that is typed, and is not on the line yet. Of such a word bash wants the last part.
${prefix}_offer() {
  local offer
  for offer; do
    if [[ $offer == "$cur"* && $typed != *" $offer "* ]]; then COMPREPLY+=("\${offer#"$before"}"); fi
  done
}

# Offers what sesh lists, of a host if one is given; nothing when there is no sesh, or when it does not know the flag.
${prefix}_ask() {
  local line
  type -P ${command} >/dev/null || return 0
  while IFS= read -r line; do
    # Goes to the command line as it is.
    if [[ -n $line && $line != *[!A-Za-z0-9@._:%+-]* ]]; then ${prefix}_offer "$2$line"; fi
  done <<< "$(command ${command} "$1" \${3:+"$3"} </dev/null)"
}

# Leaves files to readline, which knows of quotes and of "~". Before bash 4 it does that by itself.
${prefix}_files() {
  if ((BASH_VERSINFO[0] >= 4)); then compopt -o "$1"; fi
}

${prefix}_command() {
  if declare -F _comp_command_offset >/dev/null; then
    _comp_command_offset "$1"
  elif declare -F _command_offset >/dev/null; then
    _command_offset "$1"
  elif (($1 == COMP_CWORD)) && [[ $part != */* ]]; then
    local line
    while IFS= read -r line; do COMPREPLY+=("$line"); done <<< "$(compgen -c -- "$part")"
  else
    ${prefix}_files default
  fi
}

# A host may be next.
${prefix}_host_fits() {
  case $verb:$operands in ${either(hostPatterns)}) ;; *) return 1 ;; esac
}

${prefix}_dashes() {
  case $verb:$operands in
    ${
    lines(
      4,
      dashWords.map(([pattern, words]) => `${pattern}) ${prefix}_offer ${words.map(({ word }) => word).join(" ")} ;;`)
    )
  }
  esac
}

${prefix}_words() {
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
        ${prefix}_command "\${at[i + 1]}"
        return
        ;;
      ${directoryFlag}) value=1 ;;
      ${lines(6, wordsOf.map(({ verb, words }) => `${either(words)}) verb=${verb} ;;`))}
      ${lines(6, impliedBy.map(({ verb, word }) => `${word}) verb=\${verb:-${verb}} ;;`))}
      -*) ;;
      @*) if [[ -z $host ]] && ${prefix}_host_fits; then host=$word; else operands=$((operands + 1)); fi ;;
      *) operands=$((operands + 1)) ;;
    esac
  done
  if [[ -n $value ]]; then
    if [[ -z $host ]]; then ${prefix}_files dirnames; fi
    return
  fi
  if [[ $cur == -* ]]; then ${prefix}_dashes
  elif [[ -z $host && $cur == @* ]] && ${prefix}_host_fits; then ${prefix}_ask --hosts @
  else
    case $verb:$operands in
      ${either(patternsOf("session"))}) ${prefix}_ask --names "" "$host" ;;
      ${either(patternsOf("directory"))}) if [[ -z $host ]]; then ${prefix}_files dirnames; fi ;;
      ${either(patternsOf("file"))}) ${prefix}_files default ;;
      ${either(patternsOf("host"))}) ${prefix}_ask --hosts @ ;;
      ${either(patternsOf("shell"))}) ${prefix}_offer ${SHELLS.join(" ")} ;;
      ${either([...patternsOf("new name"), ...textPatterns.text])}) ;;
      *) ${prefix}_dashes ;;
    esac
  fi
}

# Says nothing whatever happens, and cannot end a shell that is set to end at errors.
${prefix}() {
  COMPREPLY=()
  ${prefix}_words "$@" 2>/dev/null || :
}

if ((BASH_VERSINFO[0] < 4)); then complete -o default -F ${prefix} ${command}; else complete -F ${prefix} ${command}; fi`
