/** Arguments that a shell on the way would take for something else. */
export const HOSTILE = [
  "two words",
  "it's",
  "\"double\" \\\"",
  "line\nfeed\r\ttab",
  "$HOME ${HOME} $(id)",
  "`id`",
  "* ? [a-z] {a,b} ~",
  "",
  "-n",
  "äöü 漢字 🙂 \u202e",
  "back\\slash\\",
  "; exit 1 & | < > #",
  "!! !$ ^a^b"
]
