/** The slices of a model that makes pictures at once. */
import type { Picture, ScrollbackModel } from "../../services/Scrollback.ts"

type AtOnce = Pick<ScrollbackModel, "history" | "redraw" | "restore">

export const atOnce = (model: AtOnce, picture: Picture): ReadonlyArray<Buffer> | undefined => {
  switch (picture.kind) {
    case "restore":
      return model.restore(picture)
    case "redraw":
      return model.redraw(picture)
    case "history":
      return model.history(picture)
  }
}

export const inOneGo =
  (model: AtOnce & Pick<ScrollbackModel, "offset">): ScrollbackModel["inSlices"] => (picture, then) => {
    then({ bytes: atOnce(model, picture), offset: model.offset(), isLast: true })
    return () => {}
  }
