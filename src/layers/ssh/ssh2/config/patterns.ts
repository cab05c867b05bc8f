/** Patterns of names, as in ssh's configuration and known_hosts (match.c). */

/** Matches `*` and `?`, and nothing else. Not a regular expression: other people write the patterns. */
export const matches = (text: string, pattern: string): boolean => {
  let at = 0
  let patternAt = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    if (pattern[patternAt] === "*") {
      star = patternAt++
      mark = at
    } else if (patternAt < pattern.length && (pattern[patternAt] === "?" || pattern[patternAt] === text[at])) {
      at++
      patternAt++
    } else if (star >= 0) {
      patternAt = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[patternAt] === "*") patternAt++
  return patternAt === pattern.length
}

/** A comma-separated list: one pattern must match, and none that begins with `!`. */
export const matchesList = (text: string, list: string): boolean => {
  let found = false
  for (const item of list.split(",")) {
    const pattern = item.trim()
    if (pattern.startsWith("!")) {
      if (matches(text, pattern.slice(1))) return false
    } else if (pattern !== "" && matches(text, pattern)) found = true
  }
  return found
}

/** The same for names of hosts, which ignore case. */
export const matchesHosts = (host: string, list: string): boolean => matchesList(host.toLowerCase(), list.toLowerCase())
