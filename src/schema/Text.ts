/** Text for people that layers say too. */

/**
 * C0, DEL, C1, what separates lines, and what turns the direction of writing: nothing in our own messages moves a cursor
 * or hides text.
 */
export const UNSEEN = /[\u0000-\u001f\u007f-\u009f\u200e\u200f\u2028-\u202e\u2066-\u2069]/g

/** Makes control characters visible: a session's output, a file's name and a host's answer are not to be trusted. */
export const visible = (text: string): string =>
  text.replace(UNSEEN, (character) => {
    const code = character.charCodeAt(0)
    return code < 0x100 ? `\\x${code.toString(16).padStart(2, "0")}` : `\\u${code.toString(16)}`
  })

/** A path as a shell would show it at the prompt. */
export const shortPath = (path: string, home: string): string =>
  path === home
    ? "~"
    : home !== "" && home !== "/" && path.startsWith(`${home}/`)
    ? `~${path.slice(home.length)}`
    : path

/** "1 client", "3 clients". */
export const count = (number: number, noun: string): string => `${number} ${noun}${number === 1 ? "" : "s"}`
