import { expect } from "vitest"
import type { Terminal } from "./terminal.ts"
import { until } from "./until.ts"

const FLAGS = [
  "alternate_on",
  "mouse_any_flag",
  "mouse_sgr_flag",
  "keypad_flag",
  "keypad_cursor_flag",
  "cursor_flag",
  "insert_flag",
  "origin_flag",
  "wrap_flag",
  "scroll_region_upper"
]

/** The modes of a terminal that are not as in a new one: by tmux's names, with their values. */
export const modes = (t: Terminal): Readonly<Record<string, string>> => {
  const values = t.format(FLAGS.map((flag) => `#{${flag}}`).join(" ")).split(" ")
  const usual = new Set(["cursor_flag", "wrap_flag"])
  return Object.fromEntries(
    FLAGS.map((flag, index) => [flag, values[index]!] as const).filter(([flag, value]) =>
      value !== (usual.has(flag) ? "1" : "0")
    )
  )
}

/** All that a terminal shows: text with colours, cursor, modes. */
export const picture = (t: Terminal): string =>
  [t.colours(), t.format("cursor #{cursor_x} #{cursor_y}"), JSON.stringify(modes(t))].join("\n")

/** What a terminal shows when nothing is on its way to it any more, as far as one can tell. */
export const settled = async (t: Terminal): Promise<string> => {
  let last = ""
  return until("a picture that stays", () => {
    const now = picture(t)
    const same = now === last
    last = now
    return same && now
  })
}

/** Waits until the terminal shows what it showed before. */
export const showsAgain = async (t: Terminal, before: string): Promise<void> => {
  await until("the picture from before", () => picture(t) === before, () => {
    expect(picture(t)).toBe(before)
  })
}

/**
 * At the prompt of the terminal's own shell: everything is as in a new terminal, and keys and pastes are what they are.
 */
export const isClean = async (t: Terminal): Promise<void> => {
  await t.prompt()
  expect(modes(t)).toEqual({})
  t.run("cat -v")
  t.paste("a")
  t.type("Up", "Enter")
  await t.shows(/\n% cat -v\na\^\[\[A\na\^\[\[A$/)
  t.clipboard("pasted")
  t.type("Enter")
  await t.shows(/\na\^\[\[A\npasted\npasted$/)
  t.type("C-d")
  await t.shows(/\n% cat -v\na\^\[\[A\na\^\[\[A\npasted\npasted\n%$/)
}
