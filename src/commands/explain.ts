import { visible } from "./text.ts"

/** An expected failure in one line, as every message of ours begins. */
export const explain = (error: { readonly message: string }): string => `sesh: ${visible(error.message)}`
