/**
 * Imported before effect when the snapshot is taken: effect/cli makes an Intl.Segmenter when it is loaded, for the
 * width of text, and no snapshot can hold one. What it gets makes a real one when it is first used.
 */
import * as v8 from "node:v8"

const own = Object.getOwnPropertyDescriptor(Intl, "Segmenter")!

const lazy = function(...options: ConstructorParameters<typeof Intl.Segmenter>): Pick<Intl.Segmenter, "segment"> {
  let made: Intl.Segmenter | undefined
  return { segment: (text) => (made ??= new Intl.Segmenter(...options)).segment(text) }
}

Object.defineProperty(Intl, "Segmenter", { ...own, value: lazy })
v8.startupSnapshot.addSerializeCallback(() => void Object.defineProperty(Intl, "Segmenter", own))
