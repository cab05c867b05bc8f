/** The house's own rules, as an oxlint plugin. */
import { comments } from "./comments.mjs"
import { imports } from "./imports.mjs"

export default { meta: { name: "house" }, rules: { comments, imports } }
