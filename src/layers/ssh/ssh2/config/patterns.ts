/** Patterns of names, as ssh's configuration and known_hosts have them (match.c). */

/** `*` and `?`, and nothing else. Without a regular expression: patterns are other people's. */
export const matches = (text: string, pattern: string): boolean => {
  let at = 0
  let in_ = 0
  let star = -1
  let mark = 0
  while (at < text.length) {
    if (pattern[in_] === "*") {
      star = in_++
      mark = at
    } else if (in_ < pattern.length && (pattern[in_] === "?" || pattern[in_] === text[at])) {
      at++
      in_++
    } else if (star >= 0) {
      in_ = star + 1
      at = ++mark
    } else return false
  }
  while (pattern[in_] === "*") in_++
  return in_ === pattern.length
}

/** A list with commas: one must match, and none that begins with `!`. */
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

/** The same, for names of hosts: upper and lower case are one. */
export const matchesHosts = (host: string, list: string): boolean => matchesList(host.toLowerCase(), list.toLowerCase())
