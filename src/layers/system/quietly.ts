/**
 * What `run` gives, or `otherwise` (undefined unless given) where it throws: a file that is not there, or not ours to
 * touch, and nobody to tell.
 */
export const quietly: {
  <A>(run: () => A): A | undefined
  <A>(run: () => A, otherwise: A): A
} = <A>(run: () => A, otherwise?: A) => {
  try {
    return run()
  } catch {
    return otherwise
  }
}
