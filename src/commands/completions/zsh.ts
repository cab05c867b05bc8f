import { quote } from "../../schema/Shell.ts"
import { type Completed, type Offers, SHELLS, type Word } from "./words.ts"

const either = (patterns: ReadonlyArray<string>): string => patterns.join("|")

const lines = (indent: number, all: ReadonlyArray<string>): string => all.join(`\n${" ".repeat(indent)}`)

/** The form that `_describe` needs: word, colon, meaning. */
const described = ({ meaning, word }: Word): string => quote(`${word}:${meaning}`)

/** The script for zsh: a file in `$fpath`, or for `source`. */
export const zsh = (
  { dashWords, directoryFlag, hostPatterns, impliedBy, patternsOf, textPatterns, wordsOf }: Offers,
  { command, prefix }: Completed
): string =>
  `#compdef ${command}
# Completion of sesh for zsh. As the file ${prefix} in a directory of $fpath, or in ~/.zshrc, after compinit:
#   source <(${command} --completions zsh)

# What sesh lists, of the host if there is one; nothing when there is no sesh, or when it does not know the flag. Asked
# in the first of the rounds that zsh makes of one Tab.
${prefix}_ask() {
  local flag=$1 tag=$2 label=$3 expl
  if (( _completer_num * _matcher_num <= 1 )); then
    ${prefix}_found=()
    if (( \${+commands[${command}]} )); then ${prefix}_found=(\${(f)"$(command ${command} $flag $host 2>/dev/null)"}); fi
  fi
  local -a offers
  offers=($4\${(M)^${prefix}_found:#[A-Za-z0-9@._:%+-]##})
  offers=(\${offers:|typed})
  _wanted $tag expl $label compadd -a offers
}

# A host may be next.
${prefix}_host_fits() {
  case $verb:$operands in
    (${either(hostPatterns)}) ;;
    (*) return 1 ;;
  esac
}

${prefix}_dashes() {
  local -a offers
  local word
  case $verb:$operands in
    ${
    lines(
      4,
      dashWords.map(([pattern, words]) => `(${pattern}) offers=(\n      ${lines(6, words.map(described))}\n    ) ;;`)
    )
  }
  esac
  for word in $typed; do offers=(\${offers:#$word:*}); done
  _describe -O option offers
}

${prefix}() {
  typeset -ga ${prefix}_found
  local word verb host value expl
  local -i i operands
  local -a typed
  for ((i = 2; i < CURRENT; i++)); do
    word=\${(Q)words[i]}
    typed+=("$word")
    if [[ -n $value ]]; then
      value=
      continue
    fi
    case $verb:$operands in
      ${lines(6, textPatterns.before.map((pattern) => `(${pattern}) ;;`))}
      (${either(textPatterns.text)}) operands+=1; continue ;;
    esac
    case $word in
      (--) shift $i words; CURRENT=$((CURRENT - i)); _normal; return ;;
      (${directoryFlag}) value=1 ;;
      ${lines(6, wordsOf.map(({ verb, words }) => `(${either(words)}) verb=${verb} ;;`))}
      ${lines(6, impliedBy.map(({ verb, word }) => `(${word}) verb=\${verb:-${verb}} ;;`))}
      (-*) ;;
      (@*) if [[ -z $host ]] && ${prefix}_host_fits; then host=$word; else operands+=1; fi ;;
      (*) operands+=1 ;;
    esac
  done
  if [[ -n $value ]]; then
    [[ -z $host ]] && _directories
  elif [[ $PREFIX == -* ]]; then
    ${prefix}_dashes
  elif [[ -z $host && $PREFIX == @* ]] && ${prefix}_host_fits; then
    ${prefix}_ask --hosts hosts host @
  else
    case $verb:$operands in
      (${either(patternsOf("session"))}) ${prefix}_ask --names sessions session ;;
      (${either(patternsOf("directory"))}) [[ -z $host ]] && _directories ;;
      (${either(patternsOf("file"))}) _files ;;
      (${either(patternsOf("host"))}) ${prefix}_ask --hosts hosts host @ ;;
      (${either(patternsOf("shell"))}) _wanted shells expl shell compadd ${SHELLS.join(" ")} ;;
      (${either(patternsOf("new name"))}) _message 'name of a new session' ;;
      (${either(textPatterns.text)}) _message text ;;
      (*) ${prefix}_dashes ;;
    esac
  fi
}

if [[ "\${zsh_eval_context[-1]}" == loadautofunc ]]; then
  ${prefix} "$@"
elif (( \${+functions[compdef]} )); then
  compdef ${prefix} ${command}
else
  print -u2 'sesh: completion needs compinit: put "autoload -Uz compinit && compinit" before this'
fi`
