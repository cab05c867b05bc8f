/**
 * The result of `run`, or `otherwise` (undefined unless given) where it throws: for a file that is missing or not
 * accessible, when there is nothing to report it to.
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
