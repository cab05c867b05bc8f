import { type Completed, type Offers, type Pattern, SHELLS, type Word } from "./words.ts"

const quoted = (text: string): string => `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`

const all = (patterns: ReadonlyArray<string>): string => patterns.map(quoted).join(" ")

const lines = (indent: number, all: ReadonlyArray<string>): string => all.join(`\n${" ".repeat(indent)}`)

const offers = (words: ReadonlyArray<Word>): string =>
  [`printf '%s\\t%s\\n'`, ...words.map(({ meaning, word }) => `${word} ${quoted(meaning)}`)].join(
    " \\\n                "
  )

/** Flags after which a file comes next: there fish offers files itself. */
const beforeFile = (patterns: ReadonlyArray<Pattern>) => patterns.map((pattern) => `--${pattern.split(":")[0]}`)

/** The script for fish. */
export const fish = (
  { dashWords, directoryFlag, hostPatterns, impliedBy, patternsOf, textPatterns, wordsOf }: Offers,
  { command, prefix }: Completed
): string =>
  `# Completion of sesh for fish. In this shell: ${command} --completions fish | source

# What sesh lists, of a host if one is given; nothing when there is no sesh, or when it does not know the flag.
function _${prefix}_ask --argument-names flag meaning prefix host
    if command -sq ${command}
        for line in (command ${command} $flag (string match -- '@*' $host) 2>/dev/null | string match -r '^[A-Za-z0-9@._:%+-]+$')
            printf '%s\\t%s\\n' $prefix$line $meaning
        end
    end
end

# Lets through what is not on the line yet.
function _${prefix}_new
    while read -l line
        contains -- (string split \\t -- $line)[1] $argv; or printf '%s\\n' $line
    end
end

# A host may be next.
function _${prefix}_host_fits --argument-names place
    contains -- $place ${all(hostPatterns)}
end

# The words with a dash that fit to the verb and the number of operands.
function _${prefix}_dashes
    switch $argv[1]
        ${
    lines(
      8,
      dashWords.map(([pattern, words]) => `case ${quoted(pattern)}\n            ${offers(words)}`)
    )
  }
    end
end

# The first argument is the word that is typed, the others are what is on the line before it.
function _${prefix}_offers
    set -l current $argv[1]
    set -l words $argv[2..-1]
    set -l typed $words
    set -l verb ''
    set -l host ''
    set -l value ''
    set -l operands 0
    while set -q words[1]
        set -l word $words[1]
        set -e words[1]
        if test -n "$value"
            set value ''
            continue
        end
        switch "$verb:$operands"
            ${lines(12, textPatterns.before.map((pattern) => `case ${quoted(pattern)}`))}
            case ${all(textPatterns.text)}
                set operands (math $operands + 1)
                continue
        end
        switch $word
            case --
                # As if this command were alone on the line.
                complete -C (string join ' ' -- (string escape -- $words) "$current")
                return
            case ${directoryFlag}
                set value 1
            ${
    lines(
      12,
      wordsOf.map(({ verb, words }) => `case ${words.join(" ")}\n                set verb ${verb}`)
    )
  }
            ${
    lines(
      12,
      impliedBy.map(({ verb, word }) => `case ${word}\n                test -n "$verb"; or set verb ${verb}`)
    )
  }
            case '-*'
            case '*'
                if test -z "$host"; and string match -q '@*' -- $word; and _${prefix}_host_fits "$verb:$operands"
                    set host $word
                else
                    set operands (math $operands + 1)
                end
        end
    end
    if test -n "$value"
        test -n "$host"; or __fish_complete_directories $current
    else if string match -q -- '-*' $current
        _${prefix}_dashes "$verb:$operands" | _${prefix}_new $typed
    else if test -z "$host"; and string match -q -- '@*' $current; and _${prefix}_host_fits "$verb:$operands"
        _${prefix}_ask --hosts Host @
    else
        switch "$verb:$operands"
            case ${all(patternsOf("session"))}
                _${prefix}_ask --names Session '' "$host" | _${prefix}_new $typed
            case ${all(patternsOf("directory"))}
                test -n "$host"; or __fish_complete_directories $current
            case ${all(patternsOf("host"))}
                _${prefix}_ask --hosts Host @ | _${prefix}_new $typed
            case ${all(patternsOf("shell"))}
                printf '%s\\n' ${SHELLS.join(" ")}
            case ${all([...patternsOf("file"), ...patternsOf("new name"), ...textPatterns.text])}
            case '*'
                _${prefix}_dashes "$verb:$operands" | _${prefix}_new $typed
        end
    end
end

function _${prefix}_complete
    set -l current (commandline -ct)
    set -l words (commandline -opc)
    # Before sesh there may be variables, and words such as "command".
    set -l skip 1
    for index in (seq (count $words))
        if string match -qr '(^|/)${command.replaceAll(".", "[.]")}$' -- $words[$index]
            set skip $index
            break
        end
    end
    set -e words[1..$skip]
    _${prefix}_offers "$current" $words
end

complete -c ${command} -e
complete -c ${command} -f -a '(_${prefix}_complete)'
${
    beforeFile(patternsOf("file")).map((flag) =>
      `complete -c ${command} -n 'string match -q -- ${flag} (commandline -opc)[-1]' -F`
    ).join("\n")
  }`
